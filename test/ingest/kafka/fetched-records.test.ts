import { createRequire } from "node:module";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type AbortedTransaction,
  BUDGET_BYTES,
  type DecodeBatch,
  type FetchedMessage,
  isBatches,
  leaveOutAborted,
  readBatches,
} from "../../../ingest/kafka/fetched-records.ts";
import { batchOf, markerOf } from "./batches.ts";

const load = createRequire(import.meta.url);
const Decoder = load("kafkajs/src/protocol/decoder.js") as new (bytes: Buffer) => unknown;
const decodeBatch = load("kafkajs/src/protocol/recordBatch/v0/decoder.js") as (
  decoder: unknown,
) => Promise<{ readonly records: readonly FetchedMessage[] }>;
const decode: DecodeBatch = async (batch) => (await decodeBatch(new Decoder(batch))).records;

const plenty = () => ({ bytes: BUDGET_BYTES });

const plain = (firstOffset: number, ...values: string[]) =>
  batchOf({ firstOffset, records: values.map((value, delta) => [delta, null, value] as const) });
const written = (firstOffset: number, producerId: number, value: string) =>
  batchOf({ firstOffset, producerId, isTransactional: true, records: [[0, null, value]] });
const aborted = (producerId: number, firstOffset: number): AbortedTransaction => ({
  producerId: String(producerId),
  firstOffset: String(firstOffset),
});

async function read(batches: readonly Buffer[], list: readonly AbortedTransaction[] = []): Promise<string[]> {
  const messages = await readBatches(Buffer.concat(batches), decode, plenty());
  leaveOutAborted(messages, list);
  return messages
    .filter(({ isControlRecord }) => !isControlRecord)
    .map(({ offset, value }) => `${offset} ${String(value)}`);
}

describe("fetched batches", () => {
  it("are read whole, and what the size of the answer cut off comes with the next", async () => {
    const whole = [plain(0, "a", "b"), plain(2, "c")];
    expect(await read(whole)).toEqual(["0 a", "1 b", "2 c"]);
    const bytes = Buffer.concat(whole);
    for (let cut = whole[0]?.length ?? 0; cut < bytes.length; cut += 1) {
      const messages = await readBatches(bytes.subarray(0, cut), decode, plenty());
      expect(messages.map(({ offset }) => offset)).toEqual(["0", "1"]);
    }
  });

  it("are told from the formats before Kafka 0.11", () => {
    expect(isBatches(plain(0, "a"))).toBe(true);
    const old = plain(0, "a");
    old[16] = 1;
    expect(isBatches(old)).toBe(false);
  });

  it("move the position past one that compaction emptied, and past records that it took from the end", async () => {
    const empty = batchOf({ firstOffset: 3, records: [], lastDelta: 4 });
    const shortened = batchOf({ firstOffset: 8, records: [[1, null, "kept"]], lastDelta: 5 });
    const messages = await readBatches(Buffer.concat([plain(2, "a"), empty, shortened]), decode, plenty());
    expect(messages.map(({ offset, isControlRecord }) => [offset, isControlRecord])).toEqual([
      ["2", false],
      ["7", true],
      ["9", false],
      ["13", true],
    ]);
  });

  it("stand for the offsets that nobody can unpack, and let what is around them through", async () => {
    const broken = batchOf({ firstOffset: 1, records: [[0, null, "x"]], lastDelta: 3, codec: 1 });
    const messages = await readBatches(Buffer.concat([plain(0, "a"), broken, plain(5, "b")]), decode, plenty());
    expect(messages.map(({ offset, unreadable }) => [offset, unreadable?.from])).toEqual([
      ["0", undefined],
      ["4", 1],
      ["5", undefined],
    ]);
    expect(messages[1]).toMatchObject({ isControlRecord: false, unreadable: { error: expect.any(Error) } });
  });

  it("that are over the budget of an answer come with the next, and one always comes", async () => {
    const budget = { bytes: 1_000 };
    const large = "x".repeat(600);
    const bytes = Buffer.concat([plain(0, large), plain(1, large), plain(2, large)]);
    const offsets = async () => (await readBatches(bytes, decode, budget)).map(({ offset }) => offset);
    expect(await offsets()).toEqual(["0", "1"]);
    // Another partition of the same answer.
    expect(await offsets()).toEqual([]);
  });

  it("of more records than a call can take as arguments are read", async () => {
    const records = Array.from({ length: 150_000 }, (_, delta) => [delta, null, "v"] as const);
    expect(await readBatches(batchOf({ firstOffset: 0, records }), decode, plenty())).toHaveLength(150_000);
  });
});

describe("aborted transactions", () => {
  it("are left out in the order in which brokers list them: by their end, not by their beginning", async () => {
    // Producer 1 began first and ended last.
    const batches = [
      written(0, 1, "one"),
      written(1, 2, "two"),
      written(2, 3, "kept"),
      markerOf(3, 2, "abort"),
      written(4, 1, "one more"),
      markerOf(5, 3, "commit"),
      markerOf(6, 1, "abort"),
      written(7, 2, "two, later"),
      markerOf(8, 2, "commit"),
      plain(9, "plain"),
    ];
    expect(await read(batches, [aborted(2, 1), aborted(1, 0)])).toEqual(["2 kept", "7 two, later", "9 plain"]);
  });

  it("that began before the fetch are left out up to their marker", async () => {
    const batches = [written(10, 1, "rest"), markerOf(11, 1, "abort"), written(12, 1, "next"), plain(13, "plain")];
    expect(await read(batches, [aborted(1, 2)])).toEqual(["12 next", "13 plain"]);
  });

  it("of one producer, several in a row, end each with its own marker", async () => {
    const batches = [
      written(0, 1, "a"),
      markerOf(1, 1, "abort"),
      written(2, 1, "b"),
      markerOf(3, 1, "commit"),
      written(4, 1, "c"),
      markerOf(5, 1, "abort"),
    ];
    expect(await read(batches, [aborted(1, 0), aborted(1, 4)])).toEqual(["2 b"]);
  });

  it("are left out, and nothing else, in every history", async () => {
    const step = fc.record({
      producer: fc.integer({ min: 1, max: 4 }),
      do: fc.constantFrom("write" as const, "write" as const, "abort" as const, "commit" as const),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.nat(20), async (steps, fetchedFrom) => {
        const batches: { readonly offset: number; readonly bytes: Buffer }[] = [];
        const open = new Map<number, number[]>();
        const listed: (AbortedTransaction & { readonly last: number })[] = [];
        const kept: number[] = [];
        for (const [offset, { producer, do: what }] of steps.entries()) {
          const own = open.get(producer);
          if (what === "write") {
            open.set(producer, [...(own ?? []), offset]);
            batches.push({ offset, bytes: written(offset, producer, "v") });
          } else if (own !== undefined) {
            open.delete(producer);
            batches.push({ offset, bytes: markerOf(offset, producer, what) });
            if (what === "commit") kept.push(...own);
            else listed.push({ ...aborted(producer, own[0] as number), last: offset });
          }
        }
        // A reader of committed records gets what is before the first open transaction.
        const stable = Math.min(steps.length, ...[...open.values()].map(([first = 0]) => first));
        const fetched = batches.filter(({ offset }) => offset >= fetchedFrom && offset < stable);
        const list = listed.filter(({ last, firstOffset }) => last >= fetchedFrom && Number(firstOffset) < stable);
        const seen = await read(
          fetched.map(({ bytes }) => bytes),
          list,
        );
        const expected = kept.filter((offset) => offset >= fetchedFrom && offset < stable).sort((a, b) => a - b);
        expect(seen).toEqual(expected.map((offset) => `${offset} v`));
      }),
    );
  });
});
