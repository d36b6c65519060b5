/** What every detector of the registry keeps. Run with a configuration that lets it speak. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Detector } from "../../detectors/detector.ts";
import { createRunner, type Runner } from "../../detectors/runner.ts";
import { HOUR_MS } from "../../detectors/time/zones.ts";
import type { WatchConfig } from "../../schemas/config.ts";
import type { Finding } from "../../schemas/finding.ts";
import type { JournalRecord } from "../../schemas/journal.ts";
import { event, hex } from "../detectors/events.ts";
import { baseline, history, START } from "./agent-histories.ts";

export interface ContractOptions {
  /** Makes the detector speak on the busy histories that the kit makes up. */
  readonly config: WatchConfig;
  /** Largest saved state of one agent, in characters. */
  readonly stateLimit: number;
}

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

    it("is not changed by where batches end, nor by what is written down between them", () => {
      fc.assert(
        fc.property(history, fc.array(fc.nat(), { maxLength: 8 }), (records, cuts) => {
          const ends = new Set(cuts.map((cut) => cut % records.length));
          const [whole, split] = [start(), start()];
          const findings = records.flatMap((record, index) => {
            const found = [...split.evaluate(record, { partition: 3, offset: 1 + index })];
            if (ends.has(index)) for (const key of split.takeDirty()) split.save(key);
            return found;
          });
          expect(text(findings)).toBe(text(run(whole, records, 1)));
          expect(split.save("agent:a")).toBe(whole.save("agent:a"));
        }),
        { numRuns: 30 },
      );
    });

    it("says nothing of time that passes, nor of a single ordinary event", () => {
      const fields = fc.record({
        // No rule of any configuration speaks of it.
        tool: fc.constant("search"),
        kind: fc.constantFrom("action", "api_call", "decision"),
        cost: fc.constantFrom("0", "0.001", "0.29"),
      });
      fc.assert(
        fc.property(fields, fc.nat(7 * 24 * HOUR_MS), (one, after) => {
          const at = START + after;
          expect(
            run(start(), [{ type: "tick", at: START }, event(at, one), { type: "tick", at: at + HOUR_MS }], 1),
          ).toEqual([]);
        }),
        { numRuns: 30 },
      );
    });

    it("never speaks for history", () => {
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
