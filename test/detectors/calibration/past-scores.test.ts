import { describe, expect, it } from "vitest";
import { agentPeaks } from "../../../detectors/learning/agent-peaks.ts";
import type { FlaggedHour, HourCell } from "../../../detectors/learning/cells.ts";
import { learnAgent } from "../../../detectors/learning/learn-agent.ts";
import { createZones, DAY_MS, HOUR_MS } from "../../../detectors/time/zones.ts";
import { random } from "../fleet.ts";

const NOW = Date.UTC(2026, 2, 30, 12);
const zones = createZones();

/** Some calls an hour, about ten, and `wild` of them in one hour. */
function cells(days: number, wild: number, at: number): HourCell[] {
  const next = random(3);
  return Array.from({ length: days * 24 }, (_, index) => {
    const hour = NOW - (index + 1) * HOUR_MS;
    const events = hour === at ? wild : 8 + Math.floor(next() * 5);
    return { hour, kind: "action", tool: "search", events, cost: 0, unpriced: 0 } as const;
  });
}

function peaksOf(days: number, wild: number, flagged: readonly FlaggedHour[] = []) {
  const at = NOW - 3 * DAY_MS;
  const input = { agent: "a", timezone: "UTC", now: NOW, zones, toolLimit: 8 };
  return learnAgent({ ...input, cells: cells(days, wild, at), flagged })?.peaks;
}

describe("scores of the past", () => {
  it("are of each hour by the others, so that a wild one does not make itself usual", () => {
    expect(peaksOf(28, 10)?.peaks).toEqual([]);
    expect(peaksOf(28, 100)?.peaks[0]).toBeGreaterThan(10);
  });

  it("count what several series show as one", () => {
    expect(peaksOf(28, 100)?.peaks).toHaveLength(1);
    expect(peaksOf(28, 100)).toMatchObject({ series: 2, windows: 2 * 28 * 24, weeks: 4 });
  });

  it("leave out what was paged", () => {
    const hour = NOW - 3 * DAY_MS;
    expect(peaksOf(28, 100, [{ detector: "tool-frequency", subject: "search", hour }])?.peaks).toEqual([]);
  });

  it("leave out hours in which the agent paged for something else, which are learned all the same", () => {
    const hour = NOW - 3 * DAY_MS;
    expect(peaksOf(28, 100, [{ detector: "policy", subject: "", hour }])).toMatchObject({
      peaks: [],
      windows: 2 * (28 * 24 - 1),
    });
  });

  it("are not taken of a series that is still learning", () => {
    expect(peaksOf(5, 100)).toMatchObject({ series: 0, windows: 0, peaks: [] });
  });

  it("within three hours of each other are one", () => {
    const scores = [0, 1, 4, 8, 20].map((hour) => ({ at: hour * HOUR_MS, score: 3 + hour }));
    expect(agentPeaks("a", { weeks: 4, calls: 9 }, [{ windows: 100, scores }]).peaks).toEqual([23, 11, 7]);
  });

  it("of a level that was adopted are those of what was counted, and its steps are no greater for it", () => {
    const next = random(5);
    const poisson = (mean: number): number => {
      let [count, left] = [0, Math.exp(-mean) / next()];
      for (; left < 1; count++) left /= next();
      return count;
    };
    const history = (times: number): HourCell[] =>
      Array.from({ length: 28 * 24 }, (_, index) => {
        const hour = NOW - (28 * 24 - index) * HOUR_MS;
        const events = poisson(index < 14 * 24 ? 12 : 12 * times);
        return { hour, kind: "action", tool: "search", events, cost: 0, unpriced: 0 } as const;
      });
    const input = { agent: "a", timezone: "UTC", now: NOW, zones, toolLimit: 8, flagged: [] };
    const calls = (times: number) => {
      const learned = learnAgent({ ...input, cells: history(times) });
      return {
        peaks: learned?.peaks.peaks ?? [],
        series: learned?.record.series.find((one) => one.series === "calls"),
      };
    };
    const [level, step] = [calls(1), calls(5)];
    expect(step.series?.level?.step?.times).toBeGreaterThan(4);
    expect(step.series?.unit).toBeLessThan(1.3 * (level.series?.unit ?? 0));
    expect(step.peaks.length).toBeLessThanOrEqual(level.peaks.length + 1);
  });
});
