import { createRequire } from "node:module";
import fc from "fast-check";
import kafkajs from "kafkajs";
import { describe, expect, it } from "vitest";
import { createCodecs, registerCodecs } from "../../../ingest/kafka/codecs.ts";
import { createCrc32c } from "../../../ingest/kafka/crc32c.ts";
import { readBatch } from "../../../ingest/kafka/read-batch.ts";
import { writeBatch } from "../../../ingest/kafka/write-batch.ts";
import type { MessageToWrite } from "../../../ingest/kafka/write-records.ts";

const load = createRequire(import.meta.url);

interface Decoded {
  readonly records: readonly {
    readonly offset: string;
    readonly timestamp: string;
    readonly key: Buffer | null;
    readonly value: Buffer | null;
    readonly headers: object;
    readonly batchContext: object;
  }[];
}

/** What kafkajs itself makes of batches: the reference. */
const Decoder = load("kafkajs/src/protocol/decoder.js") as new (bytes: Buffer) => object;
const decode = load("kafkajs/src/protocol/recordBatch/v0/decoder.js") as (decoder: object) => Promise<Decoded>;
const { RecordBatch } = load("kafkajs/src/protocol/recordBatch/v0/index.js") as {
  readonly RecordBatch: (batch: object) => Promise<{ readonly buffer: Buffer }>;
};
const Record = load("kafkajs/src/protocol/recordBatch/record/v0/index.js") as (record: object) => object;
const theirCrc32c = load("kafkajs/src/protocol/recordBatch/crc32C/index.js") as (bytes: Buffer) => number;

const LZ4 = kafkajs.CompressionTypes.LZ4;
const codecs = createCodecs();
const crc32c = createCrc32c();
const unpack = (_codec: number, bytes: Buffer) => codecs.lz4.decompress(bytes);

const bytes = fc.oneof(
  fc.string({ unit: "binary", maxLength: 300 }),
  fc.uint8Array({ maxLength: 200 }).map(Buffer.from),
);
// kafkajs stumbles over names that every object has.
const name = fc.string({ minLength: 1, maxLength: 20 }).filter((text) => !(text in {}));
const message: fc.Arbitrary<MessageToWrite> = fc.record({
  key: fc.option(bytes),
  value: fc.option(bytes),
  headers: fc.option(fc.dictionary(name, fc.oneof(bytes, fc.array(bytes, { minLength: 2, maxLength: 3 }))), {
    nil: undefined,
  }),
  timestamp: fc.option(fc.integer({ min: 1e12, max: 2e12 }).map(String), { nil: undefined }),
});
const messages = fc.array(message, { minLength: 1, maxLength: 40 });
const frame = fc.record({
  producerId: fc.bigInt({ min: -1n, max: 2n ** 62n }),
  producerEpoch: fc.integer({ min: 0, max: 32_767 }),
  firstSequence: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
  isTransactional: fc.boolean(),
  codec: fc.constantFrom(0, LZ4),
});
const NOW = 1_700_000_000_000;

const asBuffer = (given: string | Buffer | null | undefined): Buffer | null =>
  given === null || given === undefined ? null : Buffer.from(given as string);
const isSame = (a: Buffer | null, b: Buffer | null): boolean => (a === null || b === null ? a === b : a.equals(b));

describe("record batches", () => {
  registerCodecs();

  it("have the checksum that kafkajs computes", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 500 }), (raw) => crc32c(raw) === theirCrc32c(Buffer.from(raw))));
    // RFC 3720, B.4: 32 bytes of zeros.
    expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa);
  });

  it("written by us are what kafkajs reads", async () => {
    await fc.assert(
      fc.asyncProperty(messages, frame, async (given, who) => {
        const compress = who.codec === 0 ? undefined : (plain: Buffer) => codecs.lz4.compress({ buffer: plain });
        const batch = await writeBatch(given, who, { crc32c, compress, now: () => NOW });
        const { records } = await decode(new Decoder(batch));
        expect(batch.readUInt32BE(17)).toBe(theirCrc32c(batch.subarray(21)));
        expect(records.length).toBe(given.length);
        for (const [at, read] of records.entries()) {
          const { key, value, headers = {}, timestamp = String(NOW) } = given[at] as MessageToWrite;
          expect(isSame(read.key, asBuffer(key)) && isSame(read.value, asBuffer(value))).toBe(true);
          expect(read).toMatchObject({ offset: String(at), timestamp });
          const wanted = Object.entries(headers).map(([header, found]) => [
            header,
            Array.isArray(found) ? found.map(asBuffer) : asBuffer(found as string | Buffer),
          ]);
          expect(read.headers).toEqual(Object.fromEntries(wanted));
          expect(read.batchContext).toMatchObject({
            producerId: String(who.producerId),
            producerEpoch: who.producerEpoch,
            firstSequence: who.firstSequence,
            inTransaction: who.isTransactional,
          });
        }
      }),
      { numRuns: 60 },
    );
  });

  it("written by kafkajs are read as kafkajs reads them", async () => {
    await fc.assert(
      fc.asyncProperty(messages, frame, async (given, { isTransactional, codec, ...who }) => {
        const records = given.map((one, at) =>
          Record({ ...one, headers: one.headers ?? {}, offsetDelta: at, timestampDelta: at * 1_000 }),
        );
        const { buffer } = await RecordBatch({
          ...{ records, compression: codec, transactional: isTransactional, producerId: who.producerId },
          ...{ firstTimestamp: NOW, maxTimestamp: NOW, firstOffset: 5_000_000_000, lastOffsetDelta: given.length - 1 },
        });
        const theirs = (await decode(new Decoder(buffer))).records;
        const ours = await readBatch(buffer, unpack);
        expect(ours.length).toBe(theirs.length);
        for (const [at, { offset, timestamp, key, value, headers }] of ours.entries()) {
          const reference = theirs[at] as Decoded["records"][number];
          expect({ offset, timestamp, headers }).toEqual({
            offset: reference.offset,
            timestamp: reference.timestamp,
            headers: reference.headers,
          });
          expect(isSame(key, reference.key) && isSame(value, reference.value)).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("that are cut or damaged are refused, and never read past their end", async () => {
    const who = { producerId: 1n, producerEpoch: 0, firstSequence: 0, isTransactional: false, codec: 0 };
    const good = await writeBatch(
      [
        { key: "a", value: "one" },
        { key: "b", value: "two", headers: { h: "x" } },
      ],
      who,
      { crc32c, compress: undefined, now: () => NOW },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 61, max: good.length - 1 }),
        fc.integer({ min: 0, max: 255 }),
        async (at, byte) => {
          await expect(readBatch(good.subarray(0, at), unpack)).rejects.toThrow(RangeError);
          const damaged = Buffer.from(good);
          damaged[at] = byte;
          const read = await readBatch(damaged, unpack).catch((error: unknown) => error);
          if (!Array.isArray(read)) expect(read).toBeInstanceOf(RangeError);
        },
      ),
    );
  });

  it("may hold a header without a value, which is left out", async () => {
    const one = Buffer.from([0, 0, 0, 1, 1, 2, 2, 0x61, 1]);
    const batch = Buffer.alloc(61);
    batch.writeInt32BE(1, 57);
    const [read] = await readBatch(Buffer.concat([batch, Buffer.from([one.length * 2]), one]), unpack);
    expect(read).toMatchObject({ offset: "0", key: Buffer.alloc(0), value: null, headers: {} });
  });

  it("may hold headers that are damaged or far too many: they count as none, and the record is read", async () => {
    const who = { producerId: 1n, producerEpoch: 0, firstSequence: 0, isTransactional: false, codec: 0 };
    const read = async (headers: MessageToWrite["headers"], damage = (_batch: Buffer) => undefined as unknown) => {
      const tools = { crc32c, compress: undefined, now: () => NOW };
      const batch = await writeBatch([{ key: "k", value: "v", headers }], who, tools);
      damage(batch);
      const [message] = await readBatch(batch, unpack);
      return { value: String(message?.value), names: Object.entries(message?.headers ?? {}) };
    };
    const none = { value: "v", names: [] };
    expect(await read({ name: Array<string>(1_000).fill("x") })).toMatchObject({
      value: "v",
      names: [["name", { length: 1_000 }]],
    });
    expect(await read({ name: Array<string>(1_001).fill("x") })).toEqual(none);
    expect(await read({ name: "x".repeat(70_000) })).toEqual(none);
    // The header's value says that it is longer than the record.
    expect(await read({ name: "x" }, (batch) => batch.writeUInt8(100, batch.length - 2))).toEqual(none);
  });

  it("of more records than any client packs are refused before they are unpacked", async () => {
    const batch = Buffer.alloc(61);
    batch.writeInt32BE(500_001, 57);
    const unpacking = () => Promise.reject(new Error("was unpacked"));
    await expect(readBatch(batch, unpacking)).rejects.toMatchObject({ code: "batch_too_large", verdict: "poison" });
  });
});
