import { describe, expect, it } from "vitest";
import { createBacktestWatch } from "../../alerting/backtest-watch.ts";
import { plain } from "../../dashboards/plain-text.ts";
import { createCronClock } from "../../detectors/backtest/cron-clock.ts";
import { type BacktestAlert, summaryText } from "../../detectors/backtest/summary.ts";
import { type BacktestWatch, backtest } from "../../detectors/backtest.ts";
import { DETECTORS } from "../../detectors/registry.ts";
import type { Runner } from "../../detectors/runner.ts";
import { DAY_MS, HOUR_MS } from "../../detectors/time/zones.ts";
import type { Incident } from "../../schemas/incident.ts";
import type { EventRecord } from "../../schemas/journal.ts";
import { configOf, event } from "./events.ts";
import { officeHours, random, simulate } from "./fleet.ts";

const START = Date.UTC(2026, 2, 2);

/** Incidents without a life: one per detector, agent and subject. */
function plainWatch(judge: Runner): BacktestWatch {
  let changed: { kind: string; incident: Incident }[] = [];
  return {
    process(record, position) {
      for (const finding of judge.evaluate(record, position)) {
        const { detector, agent, subject } = finding;
        const incident = { ...finding, id: `${detector}:${agent}:${subject}`, hiddenBy: null, finding };
        changed.push({ kind: "changed", incident: incident as unknown as Incident });
      }
    },
    takeOutputs() {
      const outputs = { changed, routed: [] };
      changed = [];
      return outputs;
    },
    caughtUp: () => undefined,
  };
}

async function* stream(events: readonly EventRecord[]): AsyncGenerator<EventRecord> {
  yield* events;
}

async function run(events: readonly EventRecord[]): Promise<[BacktestAlert[], string]> {
  const alerts: BacktestAlert[] = [];
  const summary = await backtest({
    detectors: DETECTORS,
    events: stream(events),
    config: configOf({ timezone: "Europe/Berlin" }),
    schedule: "7 */6 * * *",
    falseAlarmsPerWeek: 1,
    createWatch: plainWatch,
    onAlert: (alert) => alerts.push(alert),
  });
  return [alerts, summaryText(summary, plain)];
}

describe("a backtest", () => {
  const next = random(3);
  const rhythm = { agent: "office", zone: "Europe/Berlin", tools: { web_search: 20 }, share: officeHours };
  const weeks = simulate(rhythm, START, START + 35 * DAY_MS, next);
  const night = START + 36 * DAY_MS;

  it("learns on the schedule as it goes, and tells an incident once, at the event that made it", async () => {
    const work = Array.from({ length: 5 }, (_, index) => event(night + index * 60_000, { agent: "office" }));
    const [alerts, summary] = await run([...weeks, ...work]);
    expect(alerts).toEqual([
      expect.objectContaining({
        timestamp: new Date(night).toISOString(),
        agent: "office",
        detector: "off-hours",
        severity: "warning",
      }),
    ]);
    expect(summary).toContain("of 1 agent, 2026-03-02 to 2026-04-07");
    expect(summary).toMatch(/^1 alert, 0\.2 a week; \d+ notes? that nobody is told$/m);
    expect(summary).toContain(
      "\n2026-04-07 00:00 UTC warning: office works at an hour at which it never works\n  1 event on ",
    );
  });

  it("is quiet about ordinary weeks and the same every time", async () => {
    expect(await run(weeks)).toEqual(await run(weeks));
    expect((await run(weeks))[0]).toEqual([]);
  });

  it("says no rate of less than a week, and cleans what agents wrote", async () => {
    const tool = "\u001b[31mred";
    const same = (index: number) =>
      event(START + index * 500, { agent: "l", tool, call: "c".repeat(16), outcome: "o" });
    const [, summary] = await run(Array.from({ length: 30 }, (_, index) => same(index)));
    expect(summary).toContain("1 alert, in less than a week; 0 notes that nobody is told\n");
    expect(summary).not.toContain("\u001b");
  });

  it("knows nothing of an empty file", async () => {
    expect((await run([]))[1]).toBe("No events.\n");
  });
});

describe("the clock of a schedule", () => {
  it("names the last due moment since it was first asked", () => {
    const clock = createCronClock("7 */6 * * *");
    expect(clock.lastDue(START + 8 * 60_000)).toBeUndefined();
    expect(clock.lastDue(START + 6 * HOUR_MS)).toBeUndefined();
    expect(clock.lastDue(START + 6 * HOUR_MS + 7 * 60_000)).toBe(START + 6 * HOUR_MS + 7 * 60_000);
    expect(clock.lastDue(START + 40 * HOUR_MS)).toBe(START + 36 * HOUR_MS + 7 * 60_000);
  });

  it("judges what a team used together, as production does, to the last event", async () => {
    const agents = { anna: { team: "growth" }, bert: { team: "growth" } };
    const teams = { growth: { budgets: [{ amount: 10, unit: "usd", period: "day" }] } };
    const spent = (agent: string, at: number, cost: string) => event(START + at, { agent, kind: "api_call", cost });
    const alerts: BacktestAlert[] = [];
    const summary = await backtest({
      detectors: DETECTORS,
      events: stream([
        spent("anna", 0, "3"),
        spent("bert", 100, "3"),
        spent("anna", HOUR_MS, "0.9"),
        spent("bert", HOUR_MS + 20, "0.2"),
      ]),
      config: configOf({ agents, teams }),
      schedule: "7 */6 * * *",
      falseAlarmsPerWeek: 1,
      createWatch: createBacktestWatch,
      onAlert: (alert) => alerts.push(alert),
    });
    expect(alerts).toMatchObject([
      { agent: "", scope: "team:growth", detector: "budget", title: "used 70 % of today's budget", observed: 7.1 },
    ]);
    expect(summaryText(summary, (text) => text)).toContain(" warning: team growth used 70 % of today's budget\n");
  });
});
