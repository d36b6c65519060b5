import { describe, expect, it } from "vitest";
import { withLateJudge } from "../../detectors/late/late-judge.ts";
import { DETECTORS } from "../../detectors/registry.ts";
import { createRunner } from "../../detectors/runner.ts";
import { HOUR_MS } from "../../detectors/time/zones.ts";
import { createSweep } from "../../ingest/watch/sweep.ts";
import type { CalibrationRecord } from "../../schemas/calibration.ts";
import type { Finding } from "../../schemas/finding.ts";
import { clockOf, type EventRecord, type JournalRecord } from "../../schemas/journal.ts";
import type { LateRecord } from "../../schemas/self.ts";
import { configOf, event, hex } from "./events.ts";

const NOW = Date.UTC(2026, 0, 27, 15);
const MINUTE_MS = 60_000;

const start = () =>
  withLateJudge(createRunner({ detectors: DETECTORS, partition: 0 }), { detectors: DETECTORS, partition: 0 });
type Judge = ReturnType<typeof start>;

interface Told {
  readonly findings: readonly Finding[];
  readonly reports: readonly LateRecord[];
}

/** Records from an offset on; what leaves for others is only looked at. */
function run(judge: Judge, records: readonly JournalRecord[], from: number, to = records.length): Told {
  const [findings, reports]: [Finding[], LateRecord[]] = [[], []];
  judge.caughtUp();
  for (let offset = from; offset < to; offset++) {
    const record = records[offset] as JournalRecord;
    for (let due = judge.nextDue(); due !== undefined && due <= clockOf(record); due = judge.nextDue()) {
      findings.push(...judge.fire(due));
      if (judge.nextDue() === due) break;
    }
    findings.push(...judge.evaluate(record, { partition: 0, offset }));
    reports.push(...judge.takeRecords().filter((one) => one.type === "late"));
  }
  return { findings, reports };
}

/**
 * A checkpoint at each of these offsets, written one key a slice, with so many records judged between two slices; a
 * crash after the last but `missing` of the last one's slices. What a replay begins with, and where.
 */
async function crashed(
  records: readonly JournalRecord[],
  { begin, between, missing }: { begin: readonly number[]; between: number; missing: number },
): Promise<{ judge: Judge; from: number }> {
  const judge = start();
  const durable = new Map<string, string | null>();
  let [judged, from] = [0, 0];
  const goTo = (offset: number): void => {
    run(judge, records, judged, Math.max(judged, Math.min(offset, records.length)));
    judged = Math.max(judged, Math.min(offset, records.length));
  };
  for (const [index, offset] of begin.entries()) {
    goTo(offset);
    const keys = judge.takeDirty();
    let slices = keys.length - (index === begin.length - 1 ? missing : 0);
    const sweep = createSweep({
      ...{ offset: judged, keys, isShared: judge.isShared },
      save(key) {
        const value = judge.save(key);
        // A slice lasts two milliseconds: each key is one of its own.
        for (const until = performance.now() + 3; performance.now() < until; );
        return value;
      },
      async commit({ puts = [], offset: at = from }) {
        for (const { key, value } of puts) durable.set(key, value);
        from = at;
        return true;
      },
    });
    while (slices-- > 0 && (await sweep.step()) === "more") goTo(judged + between);
  }
  const restored = start();
  for (const [key, value] of durable) if (value !== null) restored.restore(key, Buffer.from(value));
  return { judge: restored, from };
}

const calibration = (at: number, note: number, page: number): JournalRecord =>
  ({ type: "calibration", at, thresholds: [{ score: "amounts", note, page }] }) as unknown as CalibrationRecord;

function learned(at: number): JournalRecord {
  const hours = new Array<number>(48).fill(20);
  const ready = { state: "ready", days: 28, needed: 7, dispersion: 0.02, unit: 1 } as const;
  const series = [{ series: "tool", subject: "search", ...ready, expected: hours, recent: hours } as const];
  return { type: "baseline", agent: "a", at, from: at - HOUR_MS, series };
}

/** Findings from an offset on, those left out that the state of their agent holds already. */
function identities({ findings }: Told, from: number, judge?: Judge): string[] {
  const heldTo = (agent: string): number => {
    const saved = judge?.save(`agent:${agent}`) ?? null;
    return saved === null ? -1 : (JSON.parse(saved) as { offset: number }).offset;
  };
  const due = findings.filter(({ position, agent }) => position.offset >= from && position.offset > heldTo(agent));
  return due.map(({ id, severity }) => `${id} ${severity}`);
}

describe("a crash after a checkpoint that was written in slices", () => {
  const config: JournalRecord = { type: "config", at: NOW - HOUR_MS, hash: "h", config: configOf({}) };
  const others = (at: number): EventRecord[] =>
    ["b", "c", "d"].map((agent, n) => event(at + n, { agent, tool: "other" }));

  it("judges again by the thresholds that were in force, not by those that came after", async () => {
    const burst = Array.from({ length: 110 }, (_, n) => event(NOW + MINUTE_MS + n * 1000, { tool: "search" }));
    const records = [
      ...[config, learned(NOW), calibration(NOW, 4, 5)],
      ...[event(NOW, { tool: "search" }), ...others(NOW)],
      ...burst,
      calibration(NOW + 4 * MINUTE_MS, 250, 290),
      ...others(NOW + 5 * MINUTE_MS),
    ];
    const whole = run(start(), records, 0);
    expect(identities(whole, 8).some((one) => one.endsWith("warning"))).toBe(true);
    for (const missing of [0, 1, 2, 3, 4]) {
      const { judge, from } = await crashed(records, { begin: [8, 120], between: 0, missing });
      const due = identities(whole, from, judge);
      expect(identities(run(judge, records, from), from)).toEqual(due);
    }
  });

  it("reports what came late as it was: no event twice, none left out", async () => {
    const late = Array.from({ length: 40 }, (_, n) => {
      const fields = { clock: "late", arrived_at: NOW + n * 100, call: hex("same"), tool: "search" } as const;
      return event(NOW - 3 * HOUR_MS + n * 2000, { ...fields, agent: n % 2 === 0 ? "a" : "b" });
    });
    const records = [config, ...others(NOW - 1), ...late, { type: "tick", at: NOW + 10 * MINUTE_MS } as const];
    const whole = run(start(), records, 0);
    expect(whole.reports).toMatchObject([{ events: 40, findings: 2 }]);
    for (const [begin, missing] of [6, 15, 25].flatMap((at) => [0, 1, 2].map((slices) => [at, slices] as const))) {
      const { judge, from } = await crashed(records, { begin: [4, begin], between: 3, missing });
      expect(run(judge, records, from).reports).toEqual(whole.reports);
    }
  });
});
