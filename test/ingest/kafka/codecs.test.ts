import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { CompressionTypes } from "kafkajs";
import { compressFrameSync } from "lz4-napi";
import { pino } from "pino";
import { compressSync } from "snappy";
import { beforeAll, describe, expect, it } from "vitest";
import { connectKafka, PRODUCER_DEFAULTS } from "../../../ingest/kafka/client.ts";
import { canWriteZstd, decompressZstdInJavaScript } from "../../../ingest/kafka/codec-zstd.ts";
import { bestCompression, createCodecs, registerCodecs } from "../../../ingest/kafka/codecs.ts";
import { kafkaAvailable } from "../../kafka/available.ts";
import { sharedBroker } from "../../kafka/shared.ts";
import { runJava } from "../../kafka/tools.ts";
import { makeTopic, readValues } from "./topics.ts";

const LIMIT = 64 * 1024 ** 2;
const codecs = createCodecs(LIMIT);
const available = kafkaAvailable();
const logger = pino({ level: "silent" });

/** `zstd -3` of "watchkeeper " 2,000 times, with a checksum, packed by the reference implementation. */
const ZSTD_SAMPLE = Buffer.from("KLUv/WTAXKUAAGB3YXRjaGtlZXBlciABALHd95IE8jz2hg==", "base64");
/** A zstd frame of run-length blocks: 2,100 blocks of 128 KiB of zeros, each packed in four bytes. */
const ZSTD_BOMB = Buffer.concat([
  Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x50]),
  ...Array.from({ length: 2_100 }, (_, i) => {
    const header = (131_072 << 3) | (1 << 1) | (i === 2_099 ? 1 : 0);
    return Buffer.from([header & 255, (header >> 8) & 255, (header >> 16) & 255, 0]);
  }),
]);

describe("codecs", () => {
  const both = (["gzip", "snappy", "lz4", "zstd"] as const).filter((name) => name !== "zstd" || canWriteZstd());

  it.each(both)("give back what %s packed, whatever it was", async (name) => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2_000 }), fc.integer({ min: 1, max: 100 }), async (some, times) => {
        const bytes = Buffer.concat(Array.from({ length: times }, () => some));
        const packed = await codecs[name].compress({ buffer: bytes });
        expect(Buffer.compare(await codecs[name].decompress(packed), bytes)).toBe(0);
      }),
      { numRuns: 50 },
    );
  });

  it("read snappy as one raw block and as streams one after the other", async () => {
    const bytes = Buffer.from("one line of many\n".repeat(10_000));
    expect(String(await codecs.snappy.decompress(compressSync(bytes)))).toBe(String(bytes));
    const stream = await codecs.snappy.compress({ buffer: bytes });
    expect(String(await codecs.snappy.decompress(Buffer.concat([stream, stream])))).toBe(String(bytes).repeat(2));
  });

  it("read zstd with and without Node's help", async () => {
    const text = "watchkeeper ".repeat(2_000);
    expect(String(await codecs.zstd.decompress(ZSTD_SAMPLE))).toBe(text);
    expect(String(decompressZstdInJavaScript(ZSTD_SAMPLE, text.length))).toBe(text);
  });

  it("measure a large lz4 frame before unpacking it", async () => {
    // Over 1 MiB packed, so that its blocks are walked: some of them stored, some with matches.
    const noise = Buffer.from(Array.from({ length: 1_500_000 }, (_, i) => (Math.imul(i, 2_654_435_761) >>> 13) & 255));
    const bytes = Buffer.concat([noise, Buffer.from("one line of many\n".repeat(10_000)), noise.subarray(0, 90_000)]);
    expect(Buffer.compare(await codecs.lz4.decompress(compressFrameSync(bytes)), bytes)).toBe(0);
  });

  it("refuse a batch that unpacks to more than the limit", async () => {
    const zeros = Buffer.alloc(LIMIT + 1024 ** 2);
    const refused = {
      ...{ code: "batch_too_large", verdict: "poison" },
      message: expect.stringMatching(/^a \w+ batch unpacks to more than 64 MiB \(limits\.batchBytes\)$/),
    };
    await expect(codecs.gzip.decompress(gzipSync(zeros, { level: 1 }))).rejects.toMatchObject(refused);
    await expect(codecs.lz4.decompress(compressFrameSync(zeros))).rejects.toMatchObject(refused);
    await expect(codecs.snappy.decompress(compressSync(zeros))).rejects.toMatchObject(refused);
    await expect(codecs.zstd.decompress(ZSTD_BOMB)).rejects.toMatchObject(refused);
    expect(() => decompressZstdInJavaScript(ZSTD_BOMB, LIMIT)).toThrow(expect.objectContaining(refused));
  });

  it.each(["gzip", "snappy", "lz4", "zstd"] as const)("call damaged %s a poison batch", async (name) => {
    const damaged = Buffer.from("82534e41505059000000000100000001ffffffff00", "hex");
    const unreadable = { code: "batch_unreadable", verdict: "poison" };
    await expect(codecs[name].decompress(damaged)).rejects.toMatchObject(unreadable);
  });

  it("are registered any number of times, and the best that this Node can write is chosen", () => {
    registerCodecs();
    registerCodecs();
    expect(bestCompression()).toBe(canWriteZstd() ? CompressionTypes.ZSTD : CompressionTypes.LZ4);
  });
});

describe.runIf(available.shared)("batches on a broker", () => {
  // The first start on a machine fetches Kafka.
  beforeAll(async () => void (await sharedBroker()));
  const lines = Array.from({ length: 2_000 }, (_, i) => JSON.stringify({ agent: `agent-${i % 7}`, n: i }));
  const client = async () => {
    const broker = await sharedBroker();
    return {
      broker,
      kafka: connectKafka({ connection: { brokers: broker.brokers, ssl: false }, clientId: "t", logger }),
    };
  };

  it("are read back and read by Java's consumer, whatever our codec", async () => {
    const { broker, kafka } = await client();
    const topic = await makeTopic(kafka, "ours");
    const { None, GZIP, Snappy, LZ4, ZSTD } = CompressionTypes;
    const kinds = [None, GZIP, Snappy, LZ4, ...(canWriteZstd() ? [ZSTD] : [])];
    const producer = kafka.producer(PRODUCER_DEFAULTS);
    await producer.connect();
    for (const compression of kinds) {
      await producer.send({ topic, compression, messages: lines.map((value) => ({ value })) });
    }
    await producer.disconnect();
    const all = kinds.flatMap(() => lines);
    expect(await readValues(kafka, topic, all.length)).toEqual(all);
    if (!available.own) return;
    const where = ["--bootstrap-server", broker.brokers.join(","), "--topic", topic, "--from-beginning"];
    const many = ["--max-messages", String(all.length), "--timeout-ms", "30000"];
    const seen = await runJava("org.apache.kafka.tools.consumer.ConsoleConsumer", [...where, ...many]);
    expect(seen.trimEnd().split("\n")).toEqual(all);
  });

  // The producer is Java's, so it needs Java even where a broker is named.
  describe.runIf(available.own)("of Java's producer", () => {
    it.each(["none", "gzip", "snappy", "lz4", "zstd"])("are read, compressed with %s", async (codec) => {
      const { broker, kafka } = await client();
      const topic = await makeTopic(kafka, `java-${codec}`);
      await broker.consoleProduce(topic, lines, ["--compression-codec", codec]);
      expect(await readValues(kafka, topic, lines.length)).toEqual(lines);
    });
  });
});
