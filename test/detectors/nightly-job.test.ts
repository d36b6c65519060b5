/** A job of twenty minutes in the night is ordinary, whenever within its hour it comes. */
import { describe, expect, it } from "vitest";
import { createBacktestWatch } from "../../alerting/backtest-watch.ts";
import type { BacktestAlert } from "../../detectors/backtest/summary.ts";
import { backtest } from "../../detectors/backtest.ts";
import { DETECTORS } from "../../detectors/registry.ts";
import { DAY_MS, HOUR_MS } from "../../detectors/time/zones.ts";
import type { EventRecord } from "../../schemas/journal.ts";
import { configOf, event } from "./events.ts";
import { random } from "./fleet.ts";

const START = Date.UTC(2026, 1, 2);
const NIGHTS = 42;
const MINUTE_MS = 60_000;

/** Nights of some calls from `minute` past two on, in twenty minutes; half as much again on Sundays. */
function job(minute: number, calls: (night: number) => number, seed: number): EventRecord[] {
  const next = random(seed);
  return Array.from({ length: NIGHTS }, (_, night) => {
    const begin = START + night * DAY_MS + 2 * HOUR_MS + (minute + 2 * next()) * MINUTE_MS;
    const count = Math.round(calls(night) * (night % 7 === 6 ? 1.5 : 1) * (0.85 + 0.3 * next()));
    return Array.from({ length: count }, (_, index) =>
      event(Math.floor(begin + (index / count) * 20 * MINUTE_MS), {
        ...{ agent: "job", tool: index % 3 === 0 ? "query" : "write", cost: "0.010000" },
      }),
    );
  }).flat();
}

async function alertsOf(events: readonly EventRecord[]): Promise<BacktestAlert[]> {
  const alerts: BacktestAlert[] = [];
  await backtest({
    detectors: DETECTORS,
    events: (async function* () {
      yield* events;
    })(),
    config: configOf({}),
    falseAlarmsPerWeek: 1,
    schedule: "7 */6 * * *",
    createWatch: createBacktestWatch,
    onAlert: (alert) => alerts.push(alert),
  });
  return alerts;
}

describe("a nightly job", () => {
  it.each([0, 12, 25, 38, 50])("from minute %i on gives no page in six weeks", async (minute) => {
    expect((await alertsOf(job(minute, () => 120, 5 + minute))).map(({ title }) => title)).toEqual([]);
  });

  it("of twice as much from one night on gives none either", async () => {
    expect(await alertsOf(job(12, (night) => (night < 30 ? 120 : 240), 9))).toEqual([]);
  });

  it("of five times as much is told in the night it comes", async () => {
    const alerts = await alertsOf(job(12, (night) => (night === 38 ? 600 : 120), 7));
    expect(alerts.length).toBeGreaterThan(0);
    for (const { timestamp } of alerts) {
      const at = Date.parse(timestamp) - START - 38 * DAY_MS;
      expect(at).toBeGreaterThan(2 * HOUR_MS);
      expect(at).toBeLessThan(4 * HOUR_MS);
    }
  });
});
