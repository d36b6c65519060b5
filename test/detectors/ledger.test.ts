import { describe, expect, it } from "vitest";
import { judgementRecords } from "../../alerting/judgement-records.ts";
import { withLedger } from "../../detectors/ledger.ts";
import { DETECTORS } from "../../detectors/registry.ts";
import { createRunner } from "../../detectors/runner.ts";
import { HOUR_MS } from "../../detectors/time/zones.ts";
import type { JournalRecord } from "../../schemas/journal.ts";
import type { Judgement } from "../../schemas/judgement.ts";
import { event, hex } from "./events.ts";

const TEN = Date.UTC(2026, 0, 27, 10);
const MINUTE_MS = 60_000;
const RULES = DETECTORS.map(({ name }) => name);

function start() {
  let failed: (detector: string) => void = () => undefined;
  const runner = createRunner({ detectors: DETECTORS, partition: 3, onFailure: (detector) => failed(detector) });
  const ledger = withLedger(runner, { rules: RULES, partition: 3 });
  failed = ledger.failed;
  return ledger;
}

function takeAll(ledger: ReturnType<typeof start>, records: readonly JournalRecord[], from = 0): Judgement[] {
  records.forEach((record, index) => {
    ledger.evaluate(record, { partition: 3, offset: from + index });
  });
  return [...ledger.takeJudgements()];
}

/** Ten equal calls in twenty seconds, from this moment on. */
const loopAt = (at: number) =>
  Array.from({ length: 10 }, (_, n) => event(at + n * 2000, { call: hex("same"), tool: "search" }));
const tick = (at: number): JournalRecord => ({ type: "tick", at });

describe("the ledger", () => {
  it("holds every rule and every hour, with what it was shown and said", () => {
    const closed = takeAll(start(), [...loopAt(TEN + 5 * MINUTE_MS), tick(TEN + 2 * HOUR_MS + 1)]);
    expect(closed).toHaveLength(2 * RULES.length);
    expect(new Set(closed.map(({ rule }) => rule))).toEqual(new Set(RULES));
    const loop = closed.filter(({ rule }) => rule === "loop");
    expect(loop).toEqual([
      {
        partition: 3,
        rule: "loop",
        from: TEN,
        to: TEN + HOUR_MS,
        events: 10,
        findings: 1,
        failures: 0,
        at: TEN + 2 * HOUR_MS + 1,
      },
      {
        partition: 3,
        rule: "loop",
        from: TEN + HOUR_MS,
        to: TEN + 2 * HOUR_MS,
        events: 0,
        findings: 0,
        failures: 0,
        at: TEN + 2 * HOUR_MS + 1,
      },
    ]);
  });

  it("has no hole and no doubled hour, however long nothing came", () => {
    const closed = takeAll(start(), [event(TEN), tick(TEN + 24 * 30 * HOUR_MS)]).filter(({ rule }) => rule === "spend");
    expect(closed[0]?.from).toBe(TEN);
    expect(closed.at(-1)?.to).toBe(TEN + 24 * 30 * HOUR_MS);
    expect(closed.slice(1).every(({ from }, index) => from === closed[index]?.to)).toBe(true);
    expect(closed.length).toBeLessThanOrEqual(49);
  });

  it("is the same after a restart at any record, also where records are replayed", () => {
    const records = [...loopAt(TEN), event(TEN + 30 * MINUTE_MS), ...loopAt(TEN + HOUR_MS), tick(TEN + 3 * HOUR_MS)];
    const whole = takeAll(start(), records);
    for (let cut = 1; cut < records.length; cut++) {
      const before = start();
      const closed = takeAll(before, records.slice(0, cut));
      const after = start();
      for (const key of before.takeDirty()) after.restore(key, Buffer.from(before.save(key) ?? "null"));
      const replayFrom = Math.max(0, cut - 4);
      closed.push(...takeAll(after, records.slice(replayFrom), replayFrom));
      expect(closed).toEqual(whole);
    }
  });

  it("says what was late, what failed and what was never read", () => {
    const ledger = start();
    ledger.failed("spend");
    const gap = {
      type: "gap",
      at: TEN + 1,
      group: "watch",
      topic: "agent-journal",
      partition: 7,
      from: 4,
      to: 1_004,
    } as const;
    const closed = takeAll(ledger, [event(TEN), gap, tick(TEN + HOUR_MS)]);
    const status = (delayMs: number, rule: string) =>
      judgementRecords(closed, () => TEN + HOUR_MS + delayMs).find((record) => record.rule === rule)?.status;
    expect(status(9 * MINUTE_MS, "loop")).toBe("judged");
    expect(status(10 * MINUTE_MS, "loop")).toBe("late");
    expect(status(0, "spend")).toBe("failed");
    expect(judgementRecords(closed, () => TEN)[0]).toMatchObject({
      ...{ type: "judgement", rule: "*", partition: 7, status: "missed", events: 1_000 },
    });
    expect(judgementRecords(closed, undefined)).toEqual([]);
  });
});
