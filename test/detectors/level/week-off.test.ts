import { describe, expect, it } from "vitest";
import { MemoryCells } from "../../../detectors/backtest/memory-cells.ts";
import { learnAgent } from "../../../detectors/learning/learn-agent.ts";
import { DETECTORS } from "../../../detectors/registry.ts";
import { createRunner } from "../../../detectors/runner.ts";
import { createZones, DAY_MS, HOUR_MS } from "../../../detectors/time/zones.ts";
import type { Finding } from "../../../schemas/finding.ts";
import type { JournalRecord } from "../../../schemas/journal.ts";
import { configOf } from "../events.ts";
import { aroundTheClock, officeHours, type Rhythm, random, simulate } from "../fleet.ts";

const START = Date.UTC(2026, 5, 1);
/** As often as the watch itself ticks, or nearly: after five minutes without it would be blind. */
const TICK_MS = 2 * 60_000;
const zones = createZones();

/** Five weeks of which the fourth is off, with timers and ticks, learned every six hours: all that was said. */
function withWeekOff(rhythm: Rhythm, seed: number): { findings: Finding[]; peaks: Map<number, number> } {
  const runner = createRunner({ detectors: DETECTORS, partition: 0 });
  const cells = new MemoryCells();
  const next = random(seed);
  const findings: Finding[] = [];
  const peaks = new Map<number, number>();
  let offset = 0;
  const take = (record: JournalRecord, at: number): void => {
    for (let due = runner.nextDue(); due !== undefined && due <= at; due = runner.nextDue())
      findings.push(...runner.fire(due));
    const found = runner.evaluate(record, { partition: 0, offset: offset++ });
    for (const finding of found) cells.flag(finding);
    findings.push(...found);
  };
  take({ type: "config", at: 0, hash: "h", config: configOf({}) }, 0);
  for (let from = START; from < START + 35 * DAY_MS; from += 6 * HOUR_MS) {
    const day = Math.floor((from - START) / DAY_MS);
    const known = cells.history(rhythm.agent, from);
    const learned = known && learnAgent({ ...known, timezone: "UTC", now: from, zones, toolLimit: 64 })?.record;
    if (learned !== undefined) {
      take(learned, from);
      const calls = learned.series.find(({ series }) => series === "calls");
      peaks.set(day, Math.max(peaks.get(day) ?? 0, ...(calls?.expected ?? [])));
    }
    const isOff = day >= 21 && day < 28;
    const work = isOff ? [] : simulate(rhythm, from, from + 6 * HOUR_MS, next);
    let tick = from;
    for (const event of work) {
      for (; tick <= event.arrived_at; tick += TICK_MS) take({ type: "tick", at: tick }, tick);
      take(event, event.arrived_at);
      cells.add(event);
    }
    for (; tick < from + 6 * HOUR_MS; tick += TICK_MS) take({ type: "tick", at: tick }, tick);
  }
  return { findings, peaks };
}

describe("a week off", () => {
  const tools = { search: 20, mail: 8 };
  it.each([
    ["office hours", officeHours, 0],
    ["all hours", aroundTheClock, 1],
  ])("of an agent of %s is one silence at most, and changes little of what is usual", (_, share, most) => {
    const { findings, peaks } = withWeekOff({ agent: "a", zone: "UTC", tools, share }, 7);
    const pages = findings.filter(({ severity }) => severity !== "info");
    expect(pages.filter(({ reason }) => !/back|again/.test(reason)).map(({ title }) => title)).toHaveLength(most);
    expect(new Set(pages.map(({ detector }) => detector)).size).toBeLessThanOrEqual(1);
    expect(findings.filter(({ subject }) => subject.startsWith("level of"))).toEqual([]);
    // A Tuesday before, and the one after.
    expect(peaks.get(29)).toBeGreaterThan(0.6 * (peaks.get(15) ?? 0));
  });
});
