import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRunner, type Runner } from "../../../detectors/runner.ts";
import { spend } from "../../../detectors/spend.ts";
import { DAY_MS } from "../../../detectors/time/zones.ts";
import { toolFrequency } from "../../../detectors/tool-frequency.ts";
import type { BaselineLevel, BaselineSeries } from "../../../schemas/baseline.ts";
import type { Finding } from "../../../schemas/finding.ts";
import type { BaselineRecord, ExpectedRecord, JournalRecord } from "../../../schemas/journal.ts";
import { event } from "../events.ts";

const START = Date.UTC(2026, 5, 1);
const HOURS = new Array<number>(48).fill(2);

function series(name: "calls" | "tool" | "spend", level: BaselineLevel): BaselineSeries {
  const common = { state: "ready", days: 20, needed: 7, dispersion: 0.05, expected: HOURS, recent: HOURS } as const;
  return { series: name, subject: name === "tool" ? "search" : "", unit: 1, ...common, level };
}

const times = fc.double({ min: 0.5, max: 6, noNaN: true });
const level = fc.record({ now: times, earlier: times, busy: times, step: fc.option(fc.integer({ min: 1, max: 12 })) });

/** Days of an agent: what was learned, a few calls, and now and then somebody's word. */
const history = fc
  .array(fc.tuple(level, level, fc.nat(40), fc.boolean()), { minLength: 1, maxLength: 20 })
  .map((days) =>
    days.flatMap(([calls, dollars, count, isExpected], day): JournalRecord[] => {
      const at = START + day * DAY_MS;
      const of = ({ now, earlier, busy, step }: typeof calls): BaselineLevel => {
        const levels = { now: 50 * now, earlier: 50 * earlier, busy: 50 * busy };
        return step === null ? levels : { ...levels, step: { since: at - step * DAY_MS, times: 1.5 + now } };
      };
      const learned: BaselineRecord = {
        ...{ type: "baseline", agent: "a", at, from: at },
        series: [series("calls", of(calls)), series("tool", of(calls)), series("spend", of(dollars))],
      };
      const word: ExpectedRecord = {
        ...{ type: "human", act: "expected", at: at + 7_200_000, by: "ada", incident: "i", revision: 1, agent: "a" },
        ...{ detector: "tool-frequency", subject: "search", from: at, to: at, observed: count, expected: 2 },
      };
      const events = Array.from({ length: count }, (_, index) => event(at + index * 60_000, { cost: "0.2" }));
      return [learned, ...events, ...(isExpected ? [word] : [])];
    }),
  );

const start = (): Runner => createRunner({ detectors: [toolFrequency, spend], partition: 0 });

function run(runner: Runner, records: readonly JournalRecord[], first: number): Finding[] {
  return records.flatMap((record, index) => [...runner.evaluate(record, { partition: 0, offset: first + index })]);
}

function restarted(runner: Runner): Runner {
  const next = start();
  for (const key of runner.takeDirty().reverse()) next.restore(key, Buffer.from(runner.save(key) ?? ""));
  return next;
}

describe("levels", () => {
  it("are said the same wherever the watch was restarted, and not again when records are replayed", () => {
    fc.assert(
      fc.property(history, fc.nat(), (records, cut) => {
        const whole = run(start(), records, 0);
        const at = cut % records.length;
        const first = start();
        const before = run(first, records.slice(0, at), 0);
        const next = restarted(first);
        expect(run(next, records.slice(0, at), 0)).toEqual([]);
        expect([...before, ...run(next, records.slice(at), at)]).toEqual(whole);
      }),
      { numRuns: 40 },
    );
  });

  it("make findings with an identity of their own, finite numbers and an end", () => {
    fc.assert(
      fc.property(history, (records) => {
        const findings = run(start(), records, 0);
        expect(new Set(findings.map(({ id }) => id)).size).toBe(findings.length);
        for (const { title, facts, observed, endsAt, quietAfterMs } of findings) {
          expect([title, ...facts].join(" ")).not.toMatch(/undefined|NaN|Infinity/);
          expect(Number.isFinite(observed)).toBe(true);
          expect(quietAfterMs > 0 || endsAt !== null).toBe(true);
        }
      }),
      { numRuns: 40 },
    );
  });
});
