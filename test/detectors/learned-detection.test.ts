import { describe, expect, it } from "vitest";
import { MemoryCells } from "../../detectors/backtest/memory-cells.ts";
import { learnAgent } from "../../detectors/learning/learn-agent.ts";
import { createZones, DAY_MS, HOUR_MS } from "../../detectors/time/zones.ts";
import type { Finding } from "../../schemas/finding.ts";
import type { EventRecord } from "../../schemas/journal.ts";
import { event, type Harness, harness } from "./events.ts";
import { aroundTheClock, officeHours, type Rhythm, random, simulate } from "./fleet.ts";

/** Monday 2026-03-02 00:00 UTC: the four weeks and the week after hold Europe's change to summer time (29 March). */
const START = Date.UTC(2026, 2, 2);
const LIVE = START + 28 * DAY_MS;
const zones = createZones();

const AGENTS: Rhythm[] = [
  {
    agent: "office",
    zone: "Europe/Berlin",
    tools: { web_search: 20, send_mail: 6, openai: 15 },
    prices: { openai: 0.03 },
    share: officeHours,
  },
  {
    agent: "clock",
    zone: "America/New_York",
    tools: { web_search: 14, read_file: 40, openai: 12, rare: 0.3 },
    prices: { openai: 0.04 },
    share: aroundTheClock,
  },
  {
    agent: "runs",
    zone: "UTC",
    tools: { fetch: 18, openai: 18 },
    prices: { openai: 0.02 },
    share: aroundTheClock,
    run: 6,
  },
];

interface Live {
  readonly harness: Harness;
  /** Goes on with live events, learning anew every six hours. */
  go(events: readonly EventRecord[]): Finding[];
}

function live(rhythm: Rhythm, history: readonly EventRecord[]): Live {
  const cells = new MemoryCells();
  for (const one of history) cells.add(one);
  const started = harness({ timezone: rhythm.zone });
  let learned = 0;
  function learn(now: number): void {
    const known = cells.history(rhythm.agent, now);
    if (known === undefined) return;
    const result = learnAgent({ ...known, timezone: rhythm.zone, now, zones, toolLimit: 64 });
    if (result !== undefined) started.take(result.record);
    learned = now;
  }
  return {
    harness: started,
    go(events) {
      const findings: Finding[] = [];
      for (const one of events) {
        const due = Math.floor(one.arrived_at / (6 * HOUR_MS)) * 6 * HOUR_MS + 7 * 60_000;
        if (due <= one.arrived_at && due > learned) learn(due);
        if (learned === 0) learn(one.arrived_at);
        const said = started.take(one);
        for (const finding of said) cells.flag(finding);
        findings.push(...said);
        cells.add(one);
      }
      return findings;
    },
  };
}

const subjects = (findings: readonly Finding[]): string[] => [
  ...new Set(findings.map((f) => `${f.detector}:${f.subject}`)),
];

describe.each(AGENTS)("four weeks of history of $agent", (rhythm) => {
  it.each([1, 2, 3, 4, 5])("an ordinary week after it gives no page (seed %i)", (seed) => {
    const next = random(seed);
    const history = simulate(rhythm, START, LIVE, next);
    const week = simulate(rhythm, LIVE, LIVE + 7 * DAY_MS, next);
    const findings = live(rhythm, history)
      .go(week)
      .filter(({ severity }) => severity !== "info");
    expect(
      findings.map((f) => `${new Date(f.at).toISOString()} ${f.detector} ${f.title} ${f.facts.join(" · ")}`),
    ).toEqual([]);
  });
});

/** Tuesday 10:00 in Berlin. */
const TUESDAY = LIVE + DAY_MS + 8 * HOUR_MS;

describe("what is far from ordinary gives one subject each", () => {
  const [office] = AGENTS as [Rhythm];
  const prepare = (seed: number): [Live, () => number] => {
    const next = random(seed);
    const running = live(office, simulate(office, START, LIVE, next));
    expect(running.go(simulate(office, LIVE, TUESDAY, next))).toEqual([]);
    return [running, next];
  };
  const spread = (count: number, at: number, within: number, fields: (index: number) => Partial<EventRecord>) =>
    Array.from({ length: count }, (_, index) =>
      event(at + Math.floor((index * within) / count), { agent: "office", ...fields(index) }),
    );

  it.each([
    ["over the hour", HOUR_MS],
    ["in one burst within seconds", 5_000],
  ])("a tool used five times as often, %s", (_, within) => {
    const [started] = prepare(7);
    const findings = started.go(spread(100, TUESDAY, within, () => ({ tool: "web_search" })));
    expect(subjects(findings)).toEqual(["tool-frequency:web_search"]);
    expect(findings[0]?.title).toMatch(/^used web_search [\d.]+ times as often as usual$/);
  });

  it.each([
    ["over the hour", HOUR_MS],
    ["in one burst within seconds", 5_000],
  ])("five times the spend at the usual number of calls, %s", (_, within) => {
    const [started] = prepare(8);
    const findings = started.go(spread(15, TUESDAY, within, () => ({ tool: "openai", cost: "0.150000" })));
    expect(subjects(findings)).toEqual(["spend:"]);
    expect(findings[0]?.why).toContain("on openai");
  });

  it("five times the paid calls is one cause, told once", () => {
    const [started] = prepare(9);
    const findings = started.go(spread(75, TUESDAY, HOUR_MS, () => ({ tool: "openai", cost: "0.030000" })));
    expect(subjects(findings)).toHaveLength(1);
  });

  it("work at an hour at which this agent never works", () => {
    const [started] = prepare(10);
    const night = TUESDAY + 17 * HOUR_MS;
    const findings = started.go(spread(20, night, 600_000, () => ({ tool: "web_search" })));
    expect(subjects(findings)).toEqual(["off-hours:"]);
    expect(findings[0]?.reason).toBe("never_works_at_this_hour");
  });

  it("an ordinary week after all of it gives none", () => {
    const [started, next] = prepare(11);
    const week = simulate(office, TUESDAY, TUESDAY + 7 * DAY_MS, next);
    expect(subjects(started.go(week))).toEqual([]);
  });
});

it("does not hold a tool to its own rate that is counted together with others beyond the limit", () => {
  const baseline = (tool: string, expected: number) => ({
    ...{ series: "tool" as const, subject: tool, state: "ready" as const, days: 28, needed: 7 },
    ...{
      expected: Array<number>(48).fill(expected),
      recent: Array<number>(48).fill(expected),
      dispersion: 0.01,
      unit: 1,
    },
  });
  const all = { ...baseline("", 200), series: "calls" as const };
  const { take, takeAll } = harness({ limits: { toolsPerAgent: 2 } });
  takeAll(["junk", "more junk"].map((tool) => event(LIVE, { tool })));
  const from = LIVE - HOUR_MS;
  take({ type: "baseline", agent: "a", at: LIVE, from, series: [all, baseline("known", 5), baseline("other", 100)] });
  const calls = Array.from({ length: 120 }, (_, index) =>
    event(LIVE + index * 20_000, { tool: index % 20 === 0 ? "known" : "other" }),
  );
  expect(takeAll(calls)).toEqual([]);
});
