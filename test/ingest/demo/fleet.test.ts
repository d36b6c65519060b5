import { describe, expect, it } from "vitest";
import type { HourCell } from "../../../detectors/learning/cells.ts";
import { learnAgent } from "../../../detectors/learning/learn-agent.ts";
import { DETECTORS } from "../../../detectors/registry.ts";
import { createRunner } from "../../../detectors/runner.ts";
import { createZones } from "../../../detectors/time/zones.ts";
import { demoFleet } from "../../../ingest/demo/demo-fleet.ts";
import { seeded } from "../../../ingest/demo/random.ts";
import { createIntake } from "../../../ingest/intake/intake.ts";
import { splitLines } from "../../../ingest/intake/split.ts";
import { parseConfig } from "../../../ingest/settings/load-config.ts";
import { watchConfigOf } from "../../../schemas/config.ts";
import type { Finding } from "../../../schemas/finding.ts";
import type { EventRecord, JournalRecord } from "../../../schemas/journal.ts";

const HOUR = 3_600_000;

/** The demonstration as it goes through intake, learning and the detectors. */
function play(now: number, seed: number) {
  const fleet = demoFleet({ now, random: seeded(seed) });
  const config = parseConfig(fleet.config);
  const intake = createIntake({ lineBytes: config.limits.lineBytes, prices: [] });
  const runner = createRunner({ detectors: DETECTORS, partition: 0 });
  const findings: Finding[] = [];
  const cells = new Map<string, Map<string, HourCell>>();
  let offset = 0;

  const take = (record: JournalRecord) => findings.push(...runner.evaluate(record, { partition: 0, offset: offset++ }));
  const events = (body: string, arrivedAt: number, backfill: boolean): EventRecord[] =>
    [...splitLines(Buffer.from(body))].flatMap(({ line, bytes }) => {
      const source = { name: "http", arrivedAt, backfill, identify: () => ({ id: "x", source: "arrival" as const }) };
      const verdict = intake.line(bytes, line, source);
      if (verdict.kind === "refused") throw new Error(verdict.letter.reason);
      return verdict.kind === "event" ? [verdict.event] : [];
    });

  take({ type: "config", at: now, hash: "0", config: watchConfigOf(config) });
  let count = 0;
  for (const body of fleet.history) {
    for (const event of events(body, now, true)) {
      count += 1;
      addCell(cells, event);
      take(event);
    }
  }
  for (const [agent, of] of cells) {
    const timezone = config.agents[agent]?.timezone ?? config.timezone;
    const learned = learnAgent({
      agent,
      cells: [...of.values()],
      flagged: [],
      timezone,
      now,
      zones: createZones(),
      toolLimit: 64,
    });
    if (learned !== undefined) take(learned.record);
  }
  const told: { about: string; finding: Finding }[] = [];
  for (const step of fleet.story) {
    findings.length = 0;
    for (const event of events(step.lines(now + 3000 + step.afterMs), now + 3000 + step.afterMs, false)) take(event);
    told.push(...findings.map((finding) => ({ about: step.about, finding })));
  }
  return { fleet, count, told };
}

function addCell(cells: Map<string, Map<string, HourCell>>, event: EventRecord): void {
  const of = cells.get(event.agent) ?? new Map<string, HourCell>();
  cells.set(event.agent, of);
  const hour = Math.floor(event.judged_at / HOUR) * HOUR;
  const key = `${hour} ${event.kind} ${event.tool}`;
  const cell = of.get(key) ?? { hour, kind: event.kind, tool: event.tool, events: 0, cost: 0, unpriced: 0 };
  const [cost, unpriced] = [cell.cost + Number(event.cost ?? 0), cell.unpriced + (event.unpriced ? 1 : 0)];
  of.set(key, { ...cell, events: cell.events + 1, cost, unpriced });
}

describe("the demonstration", () => {
  const moments = ["2026-11-21T09:50:00Z", "2026-03-29T00:30:00Z", "2026-07-06T16:59:50Z", "2026-12-31T23:20:00Z"];

  it.each(moments)("at %s tells each of its incidents once, and nothing else", (moment) => {
    const { told, count } = play(Date.parse(moment), 7);
    expect(
      told.map(
        ({ about, finding }) => `${about}: ${finding.agent} ${finding.detector} ${finding.step} ${finding.severity}`,
      ),
    ).toEqual([
      // Told at its fifth repeat, and the same incident rises at its tenth call.
      "runaway loop: code_reviewer loop 0 warning",
      "runaway loop: code_reviewer loop 0 critical",
      "budget at 70 %: competitor_monitor budget 70 warning",
      "work in the night: invoice_bot off-hours 0 warning",
      "budget at 90 %: competitor_monitor budget 90 warning",
      "spend spike: support_triage spend 0 critical",
    ]);
    expect(count).toBeGreaterThan(25_000);
    expect(count).toBeLessThan(60_000);
  });

  it("is the same for the same numbers", () => {
    const bodies = (seed: number) => [...demoFleet({ now: 1_795_000_000_000, random: seeded(seed) }).history].join("");
    expect(bodies(3)).toBe(bodies(3));
    expect(bodies(3)).not.toBe(bodies(4));
  });

  it("lasts less than half a minute", () => {
    const { story } = demoFleet({ now: 1_795_000_000_000, random: seeded(1) });
    expect(story.at(-1)?.afterMs).toBeLessThan(30_000);
    expect(story.map(({ afterMs }) => afterMs)).toEqual(story.map(({ afterMs }) => afterMs).sort((a, b) => a - b));
  });
});
