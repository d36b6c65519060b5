import { describe, expect, it } from "vitest";
import { createGate } from "../../../ingest/gate.ts";
import type { PartitionReader } from "../../../ingest/log/event-log.ts";
import { createAllOpen } from "../../../ingest/store/all-open.ts";
import { TOPICS } from "../../../schemas/topics.ts";

const never = new AbortController().signal;
const reader: PartitionReader = { startAt: 0, handle: async () => undefined, close: async () => undefined };
const of = (partition: number) => ({ topic: TOPICS.journal, partition });

async function isHeld(hold: Promise<unknown>): Promise<boolean> {
  const turns = new Promise((resolve) => setTimeout(() => resolve("waits"), 20));
  return (await Promise.race([hold, turns])) !== "waits";
}

describe("a store that is to be held", () => {
  it("is not while a partition is not open here, however often another one is opened", async () => {
    const gate = createGate();
    const all = createAllOpen(gate, 2, never);
    const first = await all.open(of(0), async () => reader);
    await first.close();
    await all.open(of(0), async () => reader);
    const hold = gate.hold(never);
    expect(await isHeld(hold)).toBe(false);
    await all.open(of(1), async () => reader);
    expect(await isHeld(hold)).toBe(true);
  });

  it("waits again for a partition that was lost, and rejects when the time for that is over", async () => {
    const gate = createGate();
    const all = createAllOpen(gate, 1, never);
    await (await all.open(of(0), async () => reader)).close();
    await expect(gate.hold(AbortSignal.timeout(20))).rejects.toThrow(/timeout/i);
    await all.open(of(0), async () => reader);
    (await gate.hold(never))();
  });

  it("counts no partition whose opening failed", async () => {
    const gate = createGate();
    const all = createAllOpen(gate, 1, never);
    await expect(all.open(of(0), () => Promise.reject(new Error("fenced")))).rejects.toThrow("fenced");
    expect(await isHeld(gate.hold(AbortSignal.timeout(60)).catch(() => "waits"))).toBe(false);
  });
});
