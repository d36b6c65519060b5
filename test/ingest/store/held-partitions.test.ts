import { describe, expect, it } from "vitest";
import type { PartitionReader } from "../../../ingest/log/event-log.ts";
import { createHeldPartitions, type Share } from "../../../ingest/store/held-partitions.ts";
import { TOPICS, type Topic } from "../../../schemas/topics.ts";

const reader: PartitionReader = { startAt: 7, handle: async () => undefined, close: async () => undefined };

const MIB = 1024 ** 2;

function setUp() {
  const released: string[] = [];
  const held = createHeldPartitions({
    everyMs: 1_000,
    partitions: 4,
    bytes: 12 * MIB,
    allBytes: 192 * MIB,
    onReleased: ({ topic, partition }) => released.push(`${topic}/${partition}`),
  });
  let share: Share = { everyMs: () => 0, bytes: () => 0 };
  const hold = (partition: number, topic: Topic = TOPICS.journal) =>
    held.hold({ topic, partition }, async (own) => {
      share = own;
      return reader;
    });
  return { released, held, hold, everyMs: () => share.everyMs(), mebibytes: () => share.bytes() / MIB };
}

describe("partitions that one member holds", () => {
  it("gather longer the more there are, so that inserts a second stay few", async () => {
    const { hold, everyMs } = setUp();
    const readers: PartitionReader[] = [];
    for (let partition = 0; partition < 4; partition += 1) readers.push(await hold(partition));
    expect(everyMs()).toBe(1_000);
    for (let partition = 4; partition < 24; partition += 1) readers.push(await hold(partition));
    expect(everyMs()).toBe(6_000);
    for (const one of readers.splice(8)) await one.close();
    expect(everyMs()).toBe(2_000);
  });

  it("hold less each the more there are, so that all of them fit while the store is away", async () => {
    const { hold, mebibytes } = setUp();
    await hold(0);
    expect(mebibytes()).toBe(12);
    for (let partition = 1; partition < 24; partition += 1) await hold(partition);
    expect(mebibytes()).toBe(4);
    for (let partition = 24; partition < 200; partition += 1) await hold(partition);
    expect(mebibytes()).toBe(1);
  });

  it("count for their own topic only", async () => {
    const { hold, everyMs } = setUp();
    for (let partition = 0; partition < 24; partition += 1) await hold(partition);
    await hold(0, TOPICS.dead);
    expect(everyMs()).toBe(1_000);
  });

  it("are let go when they close, and when they cannot be opened", async () => {
    const { held, hold, released, everyMs } = setUp();
    const first = await hold(0);
    expect(first.startAt).toBe(7);
    for (let n = 1; n < 9; n += 1) {
      const failing = held.hold({ topic: TOPICS.journal, partition: n }, () =>
        Promise.reject(new Error("newer state")),
      );
      await expect(failing).rejects.toThrow("newer state");
    }
    expect(everyMs()).toBe(1_000);
    await first.close();
    expect(released).toHaveLength(9);
    expect(released.at(-1)).toBe("agent-journal/0");
  });
});
