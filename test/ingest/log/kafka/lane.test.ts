import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LogRecord, PartitionReader } from "../../../../ingest/log/event-log.ts";
import { createLane } from "../../../../ingest/log/kafka/lane.ts";
import { TOPICS } from "../../../../schemas/topics.ts";

const record = (offset: number, bytes = 1): LogRecord => ({
  ...{ topic: TOPICS.journal, partition: 0, offset, timestamp: 0, key: "k" },
  value: Buffer.alloc(bytes),
});

function laneOf(handle: PartitionReader["handle"], { startAt = 0, maxBatchBytes = 1_000 } = {}) {
  const told = { pauses: 0, resumes: 0, failures: [] as unknown[] };
  const lane = createLane({ startAt, handle, close: async () => undefined }, startAt, {
    maxBatchBytes,
    pause: () => {
      told.pauses += 1;
    },
    resume: () => {
      told.resumes += 1;
    },
    onTaken: () => undefined,
    onFailure: (error) => void told.failures.push(error),
  });
  return { lane, told };
}

/** A reader that waits until it is let go. */
function held() {
  const batches: number[][] = [];
  let go: () => void = () => undefined;
  const handle = (records: readonly LogRecord[]) => {
    batches.push(records.map(({ offset }) => offset));
    return new Promise<void>((resolve) => {
      go = resolve;
    });
  };
  return { batches, handle, go: () => go() };
}

describe("the lane of a partition", () => {
  it("hands over every record once and in order, whatever is fetched twice and however it is cut", async () => {
    const fetches = fc.array(fc.record({ from: fc.nat(30), count: fc.nat(12), wait: fc.boolean() }), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(fetches, fc.integer({ min: 1, max: 6 }), async (asked, maxBatchBytes) => {
        const seen: number[] = [];
        const { lane, told } = laneOf(async (records) => void seen.push(...records.map(({ offset }) => offset)), {
          maxBatchBytes,
        });
        let end = 0;
        for (const { from, count, wait } of asked) {
          const first = Math.min(from, end);
          lane.put(
            Array.from({ length: count }, (_, i) => record(first + i)),
            first + count,
          );
          end = Math.max(end, first + count);
          if (wait) await expect.poll(() => lane.isIdle, { interval: 1 }).toBe(true);
        }
        await expect.poll(() => lane.isIdle, { interval: 1 }).toBe(true);
        expect(seen).toEqual([...Array(end).keys()]);
        expect(lane.next).toBe(end);
        expect(lane.handledTo).toBe(end);
        expect(told.failures).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });

  it("gives a record that is larger than a batch by itself", async () => {
    const batches: number[] = [];
    const { lane } = laneOf(async (records) => void batches.push(records.length), { maxBatchBytes: 10 });
    lane.put([record(0, 4), record(1, 4), record(2, 50), record(3, 4)], 4);
    await expect.poll(() => lane.isIdle).toBe(true);
    expect(batches).toEqual([2, 1, 1]);
  });

  it("pauses fetching while two mebibytes wait, and goes on below half of one", async () => {
    const reader = held();
    const { lane, told } = laneOf(reader.handle, { maxBatchBytes: 400_000 });
    lane.put(
      Array.from({ length: 8 }, (_, offset) => record(offset, 300_000)),
      8,
    );
    expect(lane.isFull).toBe(true);
    expect(told).toMatchObject({ pauses: 1, resumes: 0 });
    for (let batch = 1; batch <= 7; batch += 1) {
      await expect.poll(() => reader.batches).toHaveLength(batch);
      expect(lane.isFull).toBe(batch < 7);
      reader.go();
    }
    expect(told).toMatchObject({ pauses: 1, resumes: 1 });
  });

  it("moves past what holds no record", async () => {
    const { lane } = laneOf(async () => undefined, { startAt: 5 });
    lane.put([], 9);
    expect(lane).toMatchObject({ next: 9, handledTo: 5, isIdle: true });
    lane.put([record(7), record(9)], 10);
    await expect.poll(() => lane.isIdle).toBe(true);
    expect(lane.handledTo).toBe(10);
  });

  it("stops after the handling that runs and takes nothing more", async () => {
    const reader = held();
    const { lane } = laneOf(reader.handle, { maxBatchBytes: 1 });
    lane.put([record(0), record(1)], 2);
    await expect.poll(() => reader.batches).toEqual([[0]]);
    let isOver = false;
    const stopped = lane.stop().then(() => {
      isOver = true;
    });
    await Promise.resolve();
    expect(isOver).toBe(false);
    reader.go();
    await stopped;
    lane.put([record(2)], 3);
    expect(reader.batches).toEqual([[0]]);
  });

  it("says what its reader failed with, once, and hands over nothing more", async () => {
    let calls = 0;
    const failure = new Error("the reader broke");
    const { lane, told } = laneOf(
      async () => {
        calls += 1;
        throw failure;
      },
      { maxBatchBytes: 1 },
    );
    lane.put([record(0), record(1)], 2);
    await expect.poll(() => told.failures).toEqual([failure]);
    lane.put([record(2)], 3);
    await lane.stop();
    expect(calls).toBe(1);
    expect(lane.handledTo).toBe(0);
  });
});
