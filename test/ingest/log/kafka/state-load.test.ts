import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LogRecord } from "../../../../ingest/log/event-log.ts";
import { BARRIER_KEY, createStateLoad } from "../../../../ingest/log/kafka/state-load.ts";
import { TOPICS } from "../../../../schemas/topics.ts";

const record = (offset: number, key: string, value: string | null): LogRecord => ({
  ...{ topic: TOPICS.watchState, partition: 0, offset, timestamp: 0, key, value: Buffer.from(value ?? "") },
  ...(value === null && { isNull: true as const }),
});

describe("the state of a partition", () => {
  it("is every key's newest value before its own barrier, however the records come in", async () => {
    const put = fc.tuple(fc.constantFrom("a", "b", "c"), fc.option(fc.string({ maxLength: 3 })));
    await fc.assert(
      fc.asyncProperty(fc.array(put, { maxLength: 30 }), fc.integer({ min: 1, max: 7 }), async (puts, size) => {
        const load = createStateLoad("mine", 100);
        const records = puts.map(([key, value], n) => record(100 + n, key, value));
        const all = [
          record(50, "before the beginning", "x"),
          ...records,
          record(100 + puts.length, BARRIER_KEY, "mine"),
          record(101 + puts.length, "after", "x"),
        ];
        for (let at = 0; at < all.length; at += size) {
          const some = all.slice(at, at + size);
          load.put(some, (some.at(-1)?.offset ?? 0) + 1);
          // The same fetch once more changes nothing.
          load.put(some, (some.at(-1)?.offset ?? 0) + 1);
        }
        expect(load.isDone).toBe(true);
        const expected = new Map<string, string>();
        for (const [key, value] of puts) {
          if (value === null) expected.delete(key);
          else expected.set(key, value);
        }
        const state = await load.done;
        expect(new Map([...state].map(([key, value]) => [key, value.toString()]))).toEqual(expected);
      }),
    );
  });

  it("does not end at the barriers of others, and is not among the keys itself", async () => {
    const load = createStateLoad("mine", 0);
    load.put([record(0, BARRIER_KEY, "of an owner before"), record(1, "k", "v")], 5);
    expect(load).toMatchObject({ isDone: false, next: 5 });
    load.put([record(5, BARRIER_KEY, "mine")], 6);
    expect([...(await load.done).keys()]).toEqual(["k"]);
  });

  it("keeps values that do not share the memory of an answer", async () => {
    const load = createStateLoad("mine", 0);
    const answer = Buffer.from("value");
    load.put([{ ...record(0, "k", ""), value: answer.subarray(0, 3) }, record(1, BARRIER_KEY, "mine")], 2);
    answer.fill(0);
    expect((await load.done).get("k")?.toString()).toBe("val");
  });

  it("rejects when the partition is lost, and tells nobody who does not ask", async () => {
    const load = createStateLoad("mine", 0);
    const lost = new Error("lost");
    load.cancel(lost);
    await expect(load.done).rejects.toBe(lost);
  });
});
