import { describe, expect, it } from "vitest";
import type { Detector } from "../../detectors/detector.ts";
import { withLateJudge } from "../../detectors/late/late-judge.ts";
import { withLedger } from "../../detectors/ledger.ts";
import { DETECTORS } from "../../detectors/registry.ts";
import { createRunner } from "../../detectors/runner.ts";
import { HOUR_MS } from "../../detectors/time/zones.ts";
import type { Finding } from "../../schemas/finding.ts";
import { clockOf, type EventRecord, type JournalRecord } from "../../schemas/journal.ts";
import type { LateRecord } from "../../schemas/self.ts";
import { configOf, event, hex } from "./events.ts";
import { aroundTheClock, random, simulate } from "./fleet.ts";

/** 2026-01-27 15:00 UTC. */
const NOW = Date.UTC(2026, 0, 27, 15);
const MINUTE_MS = 60_000;
const START: JournalRecord = { type: "config", at: NOW - HOUR_MS, hash: "h", config: configOf({}) };

function start() {
  const throws = (_detector: string, _agent: string, error: unknown) => {
    throw error;
  };
  const runner = createRunner({ detectors: DETECTORS, partition: 0, onFailure: throws });
  return withLateJudge(withLedger(runner, { rules: ["loop"], partition: 0 }), { detectors: DETECTORS, partition: 0 });
}

type Judge = ReturnType<typeof start>;

/** As the watch does it: what is due goes first, and what is meant for other owners comes back. */
function drive(judge: Judge, records: readonly JournalRecord[], from = 0) {
  const [findings, reports]: [Finding[], LateRecord[]] = [[], []];
  let offset = from;
  judge.caughtUp();
  function take(record: JournalRecord): void {
    for (let due = judge.nextDue(); due !== undefined && due <= clockOf(record); due = judge.nextDue()) {
      findings.push(...judge.fire(due));
      if (judge.nextDue() === due) break;
    }
    findings.push(...judge.evaluate(record, { partition: 0, offset: offset++ }));
    for (const routed of judge.takeRecords()) {
      if (routed.type !== "late") continue;
      reports.push(routed);
      take(routed);
    }
  }
  for (const record of records) take(record);
  return { findings, reports };
}

const late = (judgedAt: number, arrivedAt: number, fields: Partial<EventRecord> = {}) =>
  event(judgedAt, { clock: "late", arrived_at: arrivedAt, ...fields });
const tick = (at: number): JournalRecord => ({ type: "tick", at });

/** Three hours ago an agent repeated one call for a minute; all of it comes in now. */
const backlog = (): EventRecord[] =>
  Array.from({ length: 30 }, (_, n) =>
    late(NOW - 3 * HOUR_MS + n * 2000, NOW + n * 10, { call: hex("same"), tool: "search" }),
  );

describe("events that came late", () => {
  it("are judged at their own time and told as one summary, two minutes after the last", () => {
    const { findings, reports } = drive(start(), [START, ...backlog(), tick(NOW + 3 * MINUTE_MS)]);
    expect(reports).toMatchObject([{ events: 30, agents: 1, unjudged: 0, at: NOW + 290 + 2 * MINUTE_MS }]);
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({
      detector: "integrity",
      scope: { kind: "watchkeeper" },
      severity: "warning",
      reason: "judged_late",
      title: "found 1 alert in 30 events that came late",
    });
    expect(findings[0]?.facts).toEqual([
      "of 2026-01-27 12:00 UTC to 2026-01-27 12:00 UTC",
      "2026-01-27 12:00 UTC a: repeats the same call to search",
    ]);
  });

  it("hide nothing that goes on: set back by eleven minutes without end, it is told within ten", () => {
    const records = Array.from({ length: 400 }, (_, n) => {
      const at = NOW + n * 3000;
      return late(at - 11 * MINUTE_MS, at, { call: hex("same"), tool: "search" });
    });
    const { findings } = drive(start(), [START, ...records]);
    const first = findings.find(({ reason }) => reason === "judged_late");
    expect(first?.at).toBeLessThanOrEqual(NOW + 10 * MINUTE_MS + 3000);
  });

  it("of ordinary work are a note that nobody is told", () => {
    const rhythm = { agent: "a", zone: "UTC", tools: { search: 30, read: 50 }, share: aroundTheClock };
    const past = simulate(rhythm, NOW - 12 * HOUR_MS, NOW - HOUR_MS, random(1));
    const records = past.map((one, n) => ({ ...one, clock: "late" as const, arrived_at: NOW + n }));
    const { findings } = drive(start(), [START, ...records, tick(NOW + 5 * MINUTE_MS)]);
    expect(findings.map(({ severity, title }) => [severity, title])).toEqual([
      ["info", `judged ${records.length} events that came late: nothing unusual`],
    ]);
  });

  it("of history that is brought in are not judged", () => {
    const records = backlog().map((one) => ({ ...one, backfill: true as const }));
    expect(drive(start(), [START, ...records, tick(NOW + 5 * MINUTE_MS)]).reports).toEqual([]);
  });

  it("do not move the windows of now", () => {
    const now = Array.from({ length: 8 }, (_, n) =>
      event(NOW + MINUTE_MS + n * 2000, { call: hex("same"), tool: "search" }),
    );
    const { findings } = drive(start(), [START, ...backlog(), ...now]);
    expect(findings).toEqual([]);
  });

  it("are told the same after a restart at any record", () => {
    const records = [START, ...backlog(), event(NOW + MINUTE_MS), tick(NOW + 10 * MINUTE_MS), tick(NOW + HOUR_MS)];
    const whole = drive(start(), records);
    for (let cut = 1; cut < records.length - 1; cut++) {
      const before = start();
      const first = drive(before, records.slice(0, cut));
      const after = start();
      for (const key of before.takeDirty()) {
        const value = before.save(key);
        if (value !== null) after.restore(key, Buffer.from(value));
      }
      const second = drive(after, records.slice(cut), cut);
      expect([...first.reports, ...second.reports]).toEqual(whole.reports);
      expect([...first.findings, ...second.findings].map(({ title }) => title)).toEqual(
        whole.findings.map(({ title }) => title),
      );
    }
  });

  it("of several partitions are one incident, and a report that is repeated counts once", () => {
    const { reports } = drive(start(), [START, ...backlog(), tick(NOW + 3 * MINUTE_MS)]);
    const [report] = reports as [LateRecord];
    const other = {
      ...report,
      source: { partition: 2, offset: 9 },
      events: 12,
      said: [{ ...report.said[0], agent: "b" }],
    };
    const { findings } = drive(start(), [START, report, report, other as LateRecord]);
    expect(findings.map(({ subject, title }) => [subject, title])).toEqual([
      ["late", "found 1 alert in 30 events that came late"],
      ["late", "found 2 alerts in 42 events that came late"],
    ]);
  });

  it("of more agents than are judged at once are counted", () => {
    const records = Array.from({ length: 250 }, (_, n) => late(NOW - HOUR_MS, NOW, { agent: `agent ${n}` }));
    const { reports } = drive(start(), [START, ...records, tick(NOW + 3 * MINUTE_MS)]);
    expect(reports).toMatchObject([{ events: 250, agents: 200, unjudged: 50 }]);
  });

  /** What was learned an hour ago at `at`, as in production: it speaks of no earlier hour. */
  function learned(at: number): JournalRecord {
    const hours = new Array<number>(48).fill(20);
    const ready = { state: "ready", days: 28, needed: 7, dispersion: 0.02, unit: 1 } as const;
    const series = [{ series: "tool", subject: "search", ...ready, expected: hours, recent: hours } as const];
    return { type: "baseline", agent: "a", at, from: at - HOUR_MS, series };
  }

  /** So many different calls within ten minutes. */
  const burst = (at: number, count: number): EventRecord[] =>
    Array.from({ length: count }, (_, n) => late(at + (n * 600_000) / count, NOW + n, { tool: "search" }));

  it("of hours before the baseline are held against the same hours of like days", () => {
    const { findings, reports } = drive(start(), [
      START,
      learned(NOW),
      ...burst(NOW - 20 * HOUR_MS, 400),
      tick(NOW + 5 * MINUTE_MS),
    ]);
    expect(reports).toMatchObject([{ events: 400, beyond: 0, findings: 2 }]);
    expect(findings[0]?.facts.join(" ")).toMatch(/a: used search \d+ times as often as usual/);
  });

  it("of a time of which nothing is known are counted, and not called usual", () => {
    // 2026-01-27 is a Tuesday: three days before is a weekend.
    const records = [START, learned(NOW), ...burst(NOW - 72 * HOUR_MS, 40), tick(NOW + 5 * MINUTE_MS)];
    const { findings, reports } = drive(start(), records);
    expect(reports).toMatchObject([{ events: 40, beyond: 40, findings: 0 }]);
    expect(findings.map(({ title, facts }) => [title, facts.at(-1)])).toEqual([
      [
        "judged 40 events that came late: nothing unusual in what could be judged",
        "40 judged by rules alone: what was usual then is not known any more",
      ],
    ]);
  });

  it("swallow no alert, however many there are of one agent", () => {
    const records = Array.from({ length: 80 }, (_, tool) =>
      Array.from({ length: 14 }, (_, n) =>
        late(NOW - 5 * HOUR_MS + tool * MINUTE_MS + n * 1000, NOW + tool * 20 + n, {
          tool: `tool ${tool}`,
          call: hex(`same ${tool}`),
        }),
      ),
    ).flat();
    const { findings, reports } = drive(start(), [START, ...records, tick(NOW + 5 * MINUTE_MS)]);
    expect(reports[0]?.findings).toBeGreaterThanOrEqual(80);
    expect(findings[0]?.facts.at(-1)).toMatch(/^and \d\d more$/);
  });

  it("on which a detector fails are reported as failed, and judged by the others", () => {
    const broken: Detector = {
      ...(DETECTORS[0] as Detector),
      name: "broken",
      onEvent() {
        throw new Error("boom");
      },
    };
    const failed: string[] = [];
    const runner = withLedger(createRunner({ detectors: DETECTORS, partition: 0 }), { rules: ["loop"], partition: 0 });
    const judge = withLateJudge(runner, {
      detectors: [broken, ...DETECTORS],
      partition: 0,
      onFailure: (detector, agent) => failed.push(`${detector} ${agent}`),
    });
    const { reports } = drive(judge, [START, ...backlog(), tick(NOW + 5 * MINUTE_MS)]);
    expect(reports).toMatchObject([{ events: 30, findings: 1 }]);
    expect(new Set(failed)).toEqual(new Set(["broken a"]));
  });
});
