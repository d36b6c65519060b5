import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MemoryCells } from "../../../detectors/backtest/memory-cells.ts";
import { learnAgent } from "../../../detectors/learning/learn-agent.ts";
import { countScore } from "../../../detectors/statistics/count-score.ts";
import { createZones, DAY_MS } from "../../../detectors/time/zones.ts";
import type { EventRecord } from "../../../schemas/journal.ts";
import { aroundTheClock, random, simulate } from "../fleet.ts";

const START = Date.UTC(2026, 2, 2);
const NOW = START + 14 * DAY_MS;
const RHYTHM = { agent: "a", zone: "UTC", tools: { openai: 6 }, prices: { openai: 0.03 }, share: aroundTheClock };
const zones = createZones();

/** Scores of an amount in each of the next 48 hours, learned and judged where a dollar is so many of a unit. */
function scores(history: readonly EventRecord[], dollars: number, factor: number): number[] {
  const cells = new MemoryCells();
  for (const one of history) cells.add({ ...one, cost: (Number(one.cost) * factor).toFixed(12) });
  const floors = { calls: 10, usd: 0.1 * factor };
  const known = cells.history("a", NOW) ?? { agent: "a", cells: [], flagged: [] };
  const learned = learnAgent({ ...known, timezone: "UTC", now: NOW, zones, toolLimit: 64, floors });
  const spend = learned?.record.series.find(({ series }) => series === "spend");
  if (spend === undefined) return [];
  const { expected, unit, dispersion } = spend;
  return expected.map((usual) => countScore((dollars * factor) / unit, usual / unit, dispersion));
}

describe("money in another unit", () => {
  it("has the same scores", () => {
    const amount = fc.double({ min: 0.1, max: 20, noNaN: true });
    fc.assert(
      fc.property(fc.nat(1000), amount, fc.integer({ min: -4, max: 4 }), (seed, dollars, power) => {
        const history = simulate(RHYTHM, START, NOW, random(seed));
        const plain = scores(history, dollars, 1);
        expect(plain).toHaveLength(48);
        scores(history, dollars, 3 * 10 ** power).forEach((score, hour) => {
          // Figures of a record have five digits.
          expect(Math.abs(score - (plain[hour] as number))).toBeLessThan(0.001 * Math.max(1, score));
        });
      }),
      { numRuns: 30 },
    );
  });
});
