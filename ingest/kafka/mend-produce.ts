/**
 * A repair of kafkajs 2.2.4, which makes several zeroed buffers of 512 bytes for each record that it sends: a third of
 * what intake costs. A batch is written in one pass into one buffer instead (`write-batch.ts`).
 */
import { createRequire } from "node:module";
import type { KafkaCodec } from "./codecs.ts";
import { createCrc32c } from "./crc32c.ts";
import { type BatchTools, writeBatch } from "./write-batch.ts";
import type { MessageToWrite } from "./write-records.ts";

interface ProduceRequest {
  readonly acks: number;
  readonly timeout: number;
  readonly transactionalId?: string | null;
  readonly producerId?: { toString(): string };
  readonly producerEpoch?: number;
  readonly compression?: number;
  readonly topicData: readonly {
    readonly topic: string;
    readonly partitions: readonly {
      readonly partition: number;
      readonly firstSequence?: number;
      readonly messages: readonly MessageToWrite[];
    }[];
  }[];
}

/** kafkajs's writer of bytes. */
interface Encoder {
  writeString(text: string | null): Encoder;
  writeInt16(value: number): Encoder;
  writeInt32(value: number): Encoder;
  writeBuffer(bytes: Buffer): Encoder;
}

interface Internals {
  readonly Encoder: new (size?: number) => Encoder;
  readonly lookupCodec: (type: number) => Pick<KafkaCodec, "compress"> | null;
}

const REPAIRED = Symbol.for("watchkeeper.mend-produce");
/** Version 3 is what the newer ones are made of; nothing in it changed up to 7. */
const REQUEST = "kafkajs/src/protocol/requests/produce/v3/request.js";
const API = { key: 0, version: 3, name: "Produce" } as const;
/** Codec bits of a batch's attributes. */
const CODEC_BITS = 0x07;

/** To be called before the first producer sends; doing it again changes nothing. */
export function mendProduce(): void {
  const load = createRequire(import.meta.url);
  const original = load(REQUEST) as object;
  const module = load.cache[load.resolve(REQUEST)];
  if (module === undefined || REPAIRED in original) return;
  const { lookupCodec } = load("kafkajs/src/protocol/message/compression/index.js") as Internals;
  const internals = { Encoder: load("kafkajs/src/protocol/encoder.js") as Internals["Encoder"], lookupCodec };
  const crc32c = createCrc32c();
  const request = (data: ProduceRequest) => ({
    ...{ apiKey: API.key, apiVersion: API.version, apiName: API.name },
    expectResponse: () => data.acks !== 0,
    encode: () => encode(data, internals, crc32c),
  });
  module.exports = Object.assign(request, { [REPAIRED]: true });
}

/** Produce Request, version 3 (Kafka protocol guide). */
async function encode(data: ProduceRequest, { Encoder, lookupCodec }: Internals, crc32c: BatchTools["crc32c"]) {
  const { transactionalId = null, producerId = -1, producerEpoch = 0, compression = 0 } = data;
  const codec = compression & CODEC_BITS;
  const packer = codec === 0 ? null : lookupCodec(codec);
  const compress = packer === null ? undefined : (buffer: Buffer) => packer.compress({ buffer });
  const tools: BatchTools = { crc32c, compress, now: Date.now };
  const isTransactional = transactionalId !== null && transactionalId !== "";
  const writer = new Encoder(64 * 1024);
  writer.writeString(transactionalId).writeInt16(data.acks).writeInt32(data.timeout);
  writer.writeInt32(data.topicData.length);
  for (const { topic, partitions } of data.topicData) {
    writer.writeString(topic).writeInt32(partitions.length);
    for (const { partition, messages, firstSequence = 0 } of partitions) {
      const frame = { producerId, producerEpoch, firstSequence, isTransactional, codec };
      const batch = await writeBatch(messages, frame, tools);
      writer.writeInt32(partition).writeInt32(batch.length).writeBuffer(batch);
    }
  }
  return writer;
}
