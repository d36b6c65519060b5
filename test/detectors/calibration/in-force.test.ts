import { describe, expect, it } from "vitest";
import { DEFAULT_THRESHOLDS } from "../../../detectors/calibration/thresholds.ts";
import { createRunner } from "../../../detectors/runner.ts";
import type { CalibrationRecord } from "../../../schemas/calibration.ts";
import type { Finding } from "../../../schemas/finding.ts";
import type { BaselineRecord } from "../../../schemas/journal.ts";
import { configOf, event, type Harness, harness } from "../events.ts";

const START = Date.UTC(2026, 0, 27, 9);
const HOUR_MS = 3_600_000;

function baseline(): BaselineRecord {
  const hours = new Array<number>(48).fill(10);
  const known = { state: "ready", days: 28, needed: 7, dispersion: 0.02, unit: 1, expected: hours } as const;
  const of = (series: "calls" | "tool", subject: string) => ({ series, subject, ...known, recent: hours }) as const;
  return {
    type: "baseline",
    agent: "a",
    at: START,
    from: START - HOUR_MS,
    series: [of("calls", ""), of("tool", "search")],
  };
}

function calibration(note: number, page: number): CalibrationRecord {
  const figures = { asked: 0.5, expected: 0.5, notes: 5, windows: 1e6, series: 9, agents: 3, weeks: 4 };
  const tail = { from: 2, peaks: 80, shape: 0.1, scale: 0.6 };
  return {
    type: "calibration",
    at: START,
    asked: 1,
    thresholds: [{ score: "amounts", note, page, ...figures, tail }],
  };
}

/** Forty calls within some minutes, where ten an hour are usual. */
function burst(to: Pick<Harness, "take">): Finding[] {
  return Array.from({ length: 45 }, (_, index) => [...to.take(event(START + index * 5000))]).flat();
}

const severities = (findings: readonly Finding[]): string[] => [...new Set(findings.map(({ severity }) => severity))];

describe("thresholds", () => {
  it("are a stated default before the first calibration", () => {
    const { take } = harness();
    take(baseline());
    const findings = burst({ take });
    expect(severities(findings)).toContain("warning");
    for (const { score, severity } of findings) {
      expect(score).toBeGreaterThanOrEqual(DEFAULT_THRESHOLDS.amounts.note);
      expect((score ?? 0) >= DEFAULT_THRESHOLDS.amounts.page).toBe(severity !== "info");
    }
  });

  it("of the fleet are in force from their record on: what lies between the two is a note", () => {
    const { take } = harness();
    take(baseline());
    take(calibration(4, 40));
    expect(severities(burst({ take }))).toEqual(["info"]);
    take(calibration(80, 90));
    expect(burst({ take })).toEqual([]);
  });

  it("come back with the state of the partition, also with what a release without them wrote", () => {
    const before = createRunner({ detectors: [], partition: 0 });
    before.evaluate({ type: "config", at: 0, hash: "h", config: configOf({}) }, { partition: 0, offset: 0 });
    before.evaluate(calibration(4, 40), { partition: 0, offset: 1 });
    const saved = before.save("partition") ?? "";
    const after = createRunner({ detectors: [], partition: 0 });
    after.restore("partition", Buffer.from(saved));
    expect(after.save("partition")).toBe(saved);
    const { calibration: _, ...older } = JSON.parse(saved) as Record<string, unknown>;
    after.restore("partition", Buffer.from(JSON.stringify(older)));
    expect(JSON.parse(after.save("partition") ?? "")).toMatchObject({ calibration: null });
  });
});
