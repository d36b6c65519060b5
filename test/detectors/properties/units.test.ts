import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MemoryCells } from "../../../detectors/backtest/memory-cells.ts";
import { learnAgent } from "../../../detectors/learning/learn-agent.ts";
import { spend } from "../../../detectors/spend.ts";
import { createZones, DAY_MS } from "../../../detectors/time/zones.ts";
import type { EventRecord } from "../../../schemas/journal.ts";
import { harness } from "../events.ts";
import { aroundTheClock, random, simulate } from "../fleet.ts";

const START = Date.UTC(2026, 2, 2);
const NOW = START + 21 * DAY_MS;
const zones = createZones();

const times = (events: readonly EventRecord[], factor: number): EventRecord[] =>
  events.map((one) => (one.cost === undefined ? one : { ...one, cost: (Number(one.cost) * factor).toFixed(12) }));

/** Scores of what is said of a day's spend, learned and judged in a currency of which one unit is so many dollars. */
function scores(history: readonly EventRecord[], today: readonly EventRecord[], factor: number): number[] {
  const cells = new MemoryCells();
  for (const one of times(history, factor)) cells.add(one);
  const minExcess = 0.1 * factor;
  const input = { timezone: "UTC", now: NOW, zones, toolLimit: 64, floors: { calls: 10, usd: minExcess } };
  const learned = learnAgent({ ...input, ...(cells.history("a", NOW) ?? { agent: "a", cells: [], flagged: [] }) });
  const { take, takeAll } = harness({ defaults: { detectors: { spend: { minExcess } } } }, [spend]);
  if (learned !== undefined) take(learned.record);
  return takeAll(times(today, factor)).map(({ score }) => score ?? 0);
}

describe("money in another unit", () => {
  it("has the same scores", () => {
    fc.assert(
      fc.property(
        fc.nat(1000),
        fc.double({ min: 3, max: 30, noNaN: true }),
        fc.integer({ min: -4, max: 4 }),
        (seed, more, power) => {
          const next = random(seed);
          const rhythm = {
            agent: "a",
            zone: "UTC",
            tools: { openai: 10 },
            prices: { openai: 0.03 },
            share: aroundTheClock,
          };
          const history = simulate(rhythm, START, NOW, next);
          const today = simulate({ ...rhythm, tools: { openai: 10 * more } }, NOW, NOW + DAY_MS / 4, next);
          const plain = scores(history, today, 1);
          const scaled = scores(history, today, 3 * 10 ** power);
          expect(scaled).toHaveLength(plain.length);
          scaled.forEach((score, index) => {
            // What is expected is held to a tenth of a percent.
            expect(Math.abs(score / (plain[index] as number) - 1)).toBeLessThan(0.01);
          });
        },
      ),
      { numRuns: 15 },
    );
  });
});
