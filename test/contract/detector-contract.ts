/** What every detector of the registry keeps. Run with a configuration that lets it speak. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Detector } from "../../detectors/detector.ts";
import { createRunner, type Runner } from "../../detectors/runner.ts";
import type { WatchConfig } from "../../schemas/config.ts";
import type { Finding } from "../../schemas/finding.ts";
import type { BaselineRecord, EventRecord, JournalRecord } from "../../schemas/journal.ts";
import { event, hex } from "../detectors/events.ts";

const START = Date.UTC(2026, 0, 27, 9);
const HOUR_MS = 3_600_000;
const TOOLS = ["search", "mail", "pay"];

export interface ContractOptions {
  /** Makes the detector speak on the busy histories that the kit makes up. */
  readonly config: WatchConfig;
  /** Largest saved state of one agent, in characters. */
  readonly stateLimit: number;
}

function baseline(): BaselineRecord {
  const hours = new Array<number>(48).fill(2);
  const common = { state: "ready", days: 28, needed: 7, dispersion: 0.05, expected: hours, recent: hours } as const;
  const never = new Array<number>(48).fill(0);
  return {
    type: "baseline",
    agent: "a",
    at: START,
    from: START - HOUR_MS,
    series: [
      { series: "calls", subject: "", unit: 1, ...common },
      ...TOOLS.map((subject) => ({ series: "tool", subject, unit: 1, ...common }) as const),
      { series: "spend", subject: "", unit: 0.01, ...common, expected: hours.map(() => 0.02) },
      { series: "hours", subject: "", unit: 1, ...common, expected: never },
    ],
  };
}

/** A history of one agent: bursts, repeats, costs, decisions, late and backfilled events, ticks and a baseline. */
const history = fc
  .array(
    fc.record({
      gap: fc.oneof({ weight: 4, arbitrary: fc.nat(3000) }, { weight: 1, arbitrary: fc.nat(1_500_000) }),
      tool: fc.constantFrom(...TOOLS),
      kind: fc.constantFrom("action", "api_call", "decision"),
      call: fc.nat(3),
      cents: fc.nat(30),
      mark: fc.constantFrom("ok", "ok", "ok", "ok", "late", "backfill", "tick"),
    }),
    { minLength: 1, maxLength: 120 },
  )
  .map((steps) => {
    const records: JournalRecord[] = [baseline()];
    let at = START;
    for (const { gap, tool, kind, call, cents, mark } of steps) {
      at += gap;
      if (mark === "tick") {
        records.push({ type: "tick", at });
        continue;
      }
      const isOld = mark !== "ok";
      const fields = {
        tool,
        kind,
        arrived_at: at,
        judged_at: isOld ? at - 2_000_000 : at,
        clock: isOld ? "late" : "ok",
        cost: `0.${String(cents).padStart(2, "0")}`,
        outcome: hex("same"),
        ...(kind === "decision" ? {} : { call: hex(`${tool} ${call}`) }),
        ...(mark === "backfill" ? { backfill: true as const } : {}),
      } as const;
      records.push(event(at, fields));
    }
    return records;
  });

function run(runner: Runner, records: readonly JournalRecord[], firstOffset: number): Finding[] {
  return records.flatMap((record, index) => [
    ...runner.evaluate(record, { partition: 3, offset: firstOffset + index }),
  ]);
}

const text = (findings: readonly Finding[]): string => JSON.stringify(findings);

/** Runs the contract over one detector. */
export function detectorContract(detector: Detector, { config, stateLimit }: ContractOptions): void {
  const configRecord: JournalRecord = { type: "config", at: 0, hash: "h", config };
  const start = (): Runner => {
    const onFailure = (_: string, __: string, error: unknown): void => {
      throw error;
    };
    const runner = createRunner({ detectors: [detector], partition: 3, onFailure });
    runner.evaluate(configRecord, { partition: 3, offset: 0 });
    return runner;
  };
  const restart = (runner: Runner): Runner => {
    const next = createRunner({ detectors: [detector], partition: 3 });
    for (const key of runner.takeDirty().reverse()) {
      const saved = runner.save(key);
      if (saved !== null) next.restore(key, Buffer.from(saved));
    }
    return next;
  };

  describe(detector.name, () => {
    it("states what it says in one sentence", () => {
      expect(detector.summary).toMatch(/^[A-Z].{20,160}\.$/);
    });

    it("gives the same findings for the same records, byte for byte", () => {
      fc.assert(
        fc.property(history, (records) => {
          expect(text(run(start(), records, 1))).toBe(text(run(start(), records, 1)));
        }),
        { numRuns: 30 },
      );
    });

    it("is not changed by a save and a load at any record", () => {
      fc.assert(
        fc.property(history, fc.nat(), (records, cut) => {
          const at = cut % records.length;
          const first = start();
          const before = run(first, records.slice(0, at), 1);
          const after = run(restart(first), records.slice(at), 1 + at);
          expect(text([...before, ...after])).toBe(text(run(start(), records, 1)));
        }),
        { numRuns: 60 },
      );
    });

    it("skips what its saved state already holds when records are replayed", () => {
      fc.assert(
        fc.property(history, (records) => {
          const first = start();
          run(first, records, 1);
          const again = restart(first);
          expect(run(again, records, 1)).toEqual([]);
        }),
        { numRuns: 20 },
      );
    });

    it("never speaks for history, and says nothing of an empty or a single ordinary event", () => {
      const quiet = start();
      expect(quiet.evaluate({ type: "tick", at: START }, { partition: 3, offset: 1 })).toEqual([]);
      const one: EventRecord = event(START, { cost: "0.001" });
      expect(quiet.evaluate(one, { partition: 3, offset: 2 })).toEqual([]);
      const old = Array.from({ length: 200 }, (_, index) =>
        event(START + index, { backfill: true, call: hex("same"), cost: "1" }),
      );
      expect(run(start(), old, 1)).toEqual([]);
    });

    it("stays silent on a constant history that it has learned", () => {
      const hourly = Array.from({ length: 24 }, (_, index) =>
        event(START + index * HOUR_MS, { tool: "search", cost: "0.02" }),
      );
      const known = baseline();
      const working = known.series.map((s) => (s.series === "hours" ? { ...s, expected: s.expected.map(() => 1) } : s));
      expect(run(start(), [{ ...known, series: working }, ...hourly], 1)).toEqual([]);
    });

    it("keeps its state bounded, whatever names an agent makes up", () => {
      const runner = start();
      for (let index = 0; index < 5000; index++) {
        const made = event(START + index * 100, { tool: `tool ${index}`, endpoint: "x".repeat(500), cost: "0.000001" });
        runner.evaluate(made, { partition: 3, offset: 1 + index });
      }
      expect(runner.save("agent:a")?.length).toBeLessThan(stateLimit);
    });

    it("makes findings with finite numbers, an identity and a life that ends", () => {
      fc.assert(
        fc.property(history, (records) => {
          const findings = run(start(), records, 1);
          expect(new Set(findings.map((f) => f.id)).size).toBe(findings.length);
          for (const finding of findings) {
            expect(finding.detector).toBe(detector.name);
            expect(JSON.parse(JSON.stringify(finding))).toEqual(finding);
            expect(finding.quietAfterMs > 0 || finding.endsAt !== null).toBe(true);
            expect(finding.title).not.toMatch(/undefined|NaN|Infinity/);
            expect(finding.facts.join(" ")).not.toMatch(/undefined|NaN|Infinity/);
            expect(finding.events.length).toBeLessThanOrEqual(3);
            expect(finding.contributors.length).toBeLessThanOrEqual(3);
          }
        }),
        { numRuns: 30 },
      );
    });
  });
}
