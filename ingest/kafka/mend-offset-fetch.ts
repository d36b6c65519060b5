/**
 * An addition to kafkajs 2.2.4, which asks for committed offsets with OffsetFetch 4 and is told the former offset while a
 * transaction that moves it is not over: before Kafka 4.0 even when its writer was fenced already (KAFKA-17507). Who asks
 * with `onlySettled` asks with version 7 and `require_stable` (KIP-447, Kafka 2.5), and is not told such an offset.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { createRequire } from "node:module";

interface Question {
  readonly groupId: string;
  readonly topics: readonly {
    readonly topic: string;
    readonly partitions: readonly { readonly partition: number }[];
  }[];
}

interface OffsetFetch {
  versions: string[];
  protocol(chosen: { version: number }): (question: Question) => { request: object; response: object };
}

interface Answer {
  readonly errorCode: number;
  readonly responses: readonly { readonly topic: string; readonly partitions: readonly CommittedOffset[] }[];
}

interface CommittedOffset {
  readonly partition: number;
  readonly offset: string;
  readonly metadata: string | null;
  readonly errorCode: number;
}

/** kafkajs's writer of bytes; what is called UVarInt is compact (KIP-482). */
interface Encoder {
  writeUVarInt(value: number): Encoder;
  writeUVarIntString(text: string): Encoder;
  writeUVarIntArray(items: readonly Encoder[]): Encoder;
  writeInt32(value: number): Encoder;
  writeBoolean(value: boolean): Encoder;
}

/** kafkajs's reader of bytes. */
interface Decoder {
  readInt16(): number;
  readInt32(): number;
  readInt64(): bigint;
  readUVarIntString(): string | null;
  readUVarIntArray<T>(read: (decoder: Decoder) => T): T[] | null;
  readTaggedFields(): unknown;
}

interface Internals {
  readonly Encoder: new () => Encoder;
  readonly Decoder: new (bytes: Buffer) => Decoder;
  /** Throws over the first error in an answer. */
  readonly parse: (answer: Answer) => Promise<Answer>;
}

const REPAIRED = Symbol.for("watchkeeper.mend-offset-fetch");
const API = { apiKey: 9, apiVersion: 7, apiName: "OffsetFetch" } as const;
/** The newest that kafkajs knows; 5 and 6 differ in form alone. */
const KNOWN_VERSION = 4;
const UNSTABLE_OFFSET_COMMIT = 88;
const NO_TAGGED_FIELDS = 0;

/** kafkajs has no parameter that reaches its request. */
const settledOnly = new AsyncLocalStorage<true>();

/** Committed offsets that `question` asks for lack the partitions in which a transaction that moves them is not over. */
export function onlySettled<T>(question: () => Promise<T>): Promise<T> {
  return settledOnly.run(true, question);
}

/** Doing it again changes nothing. */
export function mendOffsetFetch(): void {
  const load = createRequire(import.meta.url);
  const requests = load("kafkajs/src/protocol/requests/offsetFetch/index.js") as OffsetFetch;
  const { protocol } = requests;
  if (REPAIRED in protocol) return;
  const internals: Internals = {
    Encoder: load("kafkajs/src/protocol/encoder.js") as Internals["Encoder"],
    Decoder: load("kafkajs/src/protocol/decoder.js") as Internals["Decoder"],
    parse: (load("kafkajs/src/protocol/requests/offsetFetch/v4/response.js") as Internals).parse,
  };
  const response = {
    decode: async (bytes: Buffer) => decode(new internals.Decoder(bytes)),
    parse: (answer: Answer) => internals.parse(withoutUnstable(answer)),
  };
  const mended = ({ version }: { version: number }) => {
    const known = protocol({ version: Math.min(version, KNOWN_VERSION) });
    return (question: Question) => {
      if (version < API.apiVersion || settledOnly.getStore() === undefined) return known(question);
      return { request: { ...API, encode: async () => encode(question, internals) }, response };
    };
  };
  requests.versions = [...requests.versions, String(API.apiVersion)];
  requests.protocol = Object.assign(mended, { [REPAIRED]: true });
}

/** OffsetFetch Request, version 7 (Kafka protocol guide), after the tagged fields of its header. */
function encode({ groupId, topics }: Question, { Encoder }: Internals): Encoder {
  const topicOf = ({ topic, partitions }: Question["topics"][number]) =>
    new Encoder()
      .writeUVarIntString(topic)
      .writeUVarIntArray(partitions.map(({ partition }) => new Encoder().writeInt32(partition)))
      .writeUVarInt(NO_TAGGED_FIELDS);
  return new Encoder()
    .writeUVarInt(NO_TAGGED_FIELDS)
    .writeUVarIntString(groupId)
    .writeUVarIntArray(topics.map(topicOf))
    .writeBoolean(true)
    .writeUVarInt(NO_TAGGED_FIELDS);
}

/** OffsetFetch Response, version 7. The limit of rate is the client's to keep (KIP-219). */
function decode(decoder: Decoder): Answer & { readonly clientSideThrottleTime: number } {
  decoder.readTaggedFields();
  const clientSideThrottleTime = decoder.readInt32();
  const responses = decoder.readUVarIntArray((one) => {
    const topic = one.readUVarIntString() ?? "";
    const partitions = one.readUVarIntArray(decodePartition) ?? [];
    one.readTaggedFields();
    return { topic, partitions };
  });
  return { clientSideThrottleTime, responses: responses ?? [], errorCode: decoder.readInt16() };
}

function decodePartition(decoder: Decoder): CommittedOffset {
  const partition = decoder.readInt32();
  const offset = String(decoder.readInt64());
  // The leader's epoch, of which kafkajs knows nothing.
  decoder.readInt32();
  const metadata = decoder.readUVarIntString();
  const errorCode = decoder.readInt16();
  decoder.readTaggedFields();
  return { partition, offset, metadata, errorCode };
}

function withoutUnstable(answer: Answer): Answer {
  const responses = answer.responses.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.filter(({ errorCode }) => errorCode !== UNSTABLE_OFFSET_COMMIT),
  }));
  return { ...answer, responses };
}
