import { describe, expect, it } from "vitest";
import { createBacktestWatch } from "../../alerting/backtest-watch.ts";
import type { Learning } from "../../detectors/backtest/learner.ts";
import { backtest } from "../../detectors/backtest.ts";
import { calibrate } from "../../detectors/calibration/calibrate.ts";
import { learnAgent } from "../../detectors/learning/learn-agent.ts";
import { DETECTORS } from "../../detectors/registry.ts";
import { DAY_MS, HOUR_MS } from "../../detectors/time/zones.ts";
import { configOf } from "./events.ts";
import { aroundTheClock, random, simulate } from "./fleet.ts";

/** A Monday. */
const START = Date.UTC(2026, 4, 4);
const WEEK_MS = 7 * DAY_MS;
const FIRST_WEEK = 2;
const WEEKS = 6;

/** Which weeks are told of, when a tool is used five times as often for an hour of each Tuesday from the third week on. */
async function weeksTold(learning?: Learning): Promise<number[]> {
  const rhythm = { agent: "a", zone: "UTC", tools: { search: 15 }, share: aroundTheClock };
  const usual = simulate(rhythm, START, START + WEEKS * WEEK_MS, random(5));
  const visits = Array.from({ length: WEEKS - FIRST_WEEK }, (_, week) => {
    const from = START + (FIRST_WEEK + week) * WEEK_MS + DAY_MS + 10 * HOUR_MS;
    return simulate({ ...rhythm, tools: { search: 60 } }, from, from + HOUR_MS, random(7 + week));
  });
  const events = [...usual, ...visits.flat()].sort((a, b) => a.judged_at - b.judged_at);
  const told = new Set<number>();
  await backtest({
    detectors: DETECTORS,
    events: (async function* () {
      yield* events;
    })(),
    config: configOf({}),
    schedule: "0 3 * * *",
    falseAlarmsPerWeek: 1,
    createWatch: createBacktestWatch,
    onAlert: ({ timestamp }) => told.add(Math.floor((Date.parse(timestamp) - START) / WEEK_MS)),
    ...(learning === undefined ? {} : { learning }),
  });
  return [...told].sort((a, b) => a - b);
}

const EVERYTHING: Learning = { calibrate, learnAgent: (input) => learnAgent({ ...input, flagged: [] }) };

describe("an attack at the same hour of every week", () => {
  it("is told each time: what was flagged is not learned", async () => {
    expect(await weeksTold()).toEqual([2, 3, 4, 5]);
  });

  it("would be normal after the first time if it were", async () => {
    expect((await weeksTold(EVERYTHING)).length).toBeLessThan(3);
  });
});
