/**
 * A repair of kafkajs 2.2.4, whose reader of fetch answers misjudges aborted transactions, stands still before batches
 * that compaction emptied, ends the consumer over one batch that cannot be unpacked, overflows the stack over one of
 * more than about 100,000 records (see `fetched-records.ts`), and makes dozens of objects of each record.
 */
import { createRequire } from "node:module";
import type { KafkaCodec } from "./codecs.ts";
import {
  type AbortedTransaction,
  BUDGET_BYTES,
  type Budget,
  type FetchedMessage,
  isBatches,
  leaveOutAborted,
  readBatches,
} from "./fetched-records.ts";
import { readBatch, type Unpack } from "./read-batch.ts";

/** kafkajs's reader of bytes. */
interface Decoder {
  readonly buffer: Buffer;
  readInt16(): number;
  readInt32(): number;
  readInt64(): bigint;
  readString(): string;
  readBytes(length: number): Buffer;
  readArray<T>(read: (decoder: Decoder) => T): T[];
  readArrayAsync<T>(read: (decoder: Decoder) => Promise<T>): Promise<T[]>;
}

interface Internals {
  readonly Decoder: new (bytes: Buffer) => Decoder;
  readonly unpack: Unpack;
  /** Of the formats before Kafka 0.11. */
  readonly decodeMessages: (decoder: Decoder) => Promise<FetchedMessage[]>;
}

interface FetchResponse {
  decode(bytes: Buffer): Promise<unknown>;
}

const REPAIRED = Symbol.for("watchkeeper.mend-fetch");
/** The newest that kafkajs knows (Kafka 2.3 on), and that of Kafka 2.1 and 2.2. */
const VERSIONS = [11, 10] as const;

/** Doing it again changes nothing. */
export function mendFetch(): void {
  const load = createRequire(import.meta.url);
  const compression = load("kafkajs/src/protocol/message/compression/index.js") as {
    readonly lookupCodec: (codec: number) => Pick<KafkaCodec, "decompress"> | null;
  };
  const lookup = (codec: number) => {
    const found = compression.lookupCodec(codec);
    if (found === null) throw new RangeError(`a batch is packed with codec ${codec}, which nobody knows`);
    return found;
  };
  const internals: Internals = {
    Decoder: load("kafkajs/src/protocol/decoder.js") as Internals["Decoder"],
    unpack: (codec, bytes) => lookup(codec).decompress(bytes),
    decodeMessages: load("kafkajs/src/protocol/requests/fetch/v4/decodeMessages.js") as Internals["decodeMessages"],
  };
  for (const version of VERSIONS) {
    const response = load(`kafkajs/src/protocol/requests/fetch/v${version}/response.js`) as FetchResponse;
    if (REPAIRED in response.decode) continue;
    const decode = (bytes: Buffer) => decodeAnswer(new internals.Decoder(bytes), version, internals);
    response.decode = Object.assign(decode, { [REPAIRED]: true });
  }
}

/** Fetch Response, versions 10 and 11 (Kafka protocol guide). The limit of rate is the client's to keep (KIP-219). */
async function decodeAnswer(decoder: Decoder, version: number, internals: Internals): Promise<unknown> {
  const budget: Budget = { bytes: BUDGET_BYTES };
  return {
    throttleTime: 0,
    clientSideThrottleTime: decoder.readInt32(),
    errorCode: decoder.readInt16(),
    sessionId: decoder.readInt32(),
    responses: await decoder.readArrayAsync(async (topic) => ({
      topicName: topic.readString(),
      partitions: await topic.readArrayAsync((one) => decodePartition(one, version, internals, budget)),
    })),
  };
}

async function decodePartition(
  decoder: Decoder,
  version: number,
  internals: Internals,
  budget: Budget,
): Promise<unknown> {
  const head = {
    partition: decoder.readInt32(),
    errorCode: decoder.readInt16(),
    highWatermark: String(decoder.readInt64()),
    lastStableOffset: String(decoder.readInt64()),
    lastStartOffset: String(decoder.readInt64()),
  };
  const aborted: AbortedTransaction[] = decoder.readArray((one) => ({
    producerId: String(one.readInt64()),
    firstOffset: String(one.readInt64()),
  }));
  const replica = version >= 11 ? { preferredReadReplica: decoder.readInt32() } : {};
  const messages = await decodeRecords(decoder, internals, budget);
  if (aborted.length > 0) leaveOutAborted(messages, aborted);
  return { ...head, ...replica, abortedTransactions: [], messages };
}

async function decodeRecords(decoder: Decoder, internals: Internals, budget: Budget): Promise<FetchedMessage[]> {
  const size = decoder.readInt32();
  if (size <= 0) return [];
  const bytes = decoder.readBytes(size);
  if (isBatches(bytes)) return readBatches(bytes, (batch) => readBatch(batch, internals.unpack), budget);
  const length = Buffer.alloc(4);
  length.writeInt32BE(size);
  return internals.decodeMessages(new internals.Decoder(Buffer.concat([length, bytes])));
}
