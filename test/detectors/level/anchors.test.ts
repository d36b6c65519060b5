import { describe, expect, it } from "vitest";
import { Anchors } from "../../../detectors/level/anchors.ts";
import { DAY_MS } from "../../../detectors/time/zones.ts";
import type { BaselineSeries } from "../../../schemas/baseline.ts";

const START = Date.UTC(2026, 5, 1);
const RULES = { all: undefined, least: 1 };

/** Calls an hour: the last week, the one before, and the busier days of all. */
function calls(now: number, earlier = now, busy = now): BaselineSeries {
  const learned = { state: "ready", days: 28, needed: 7, dispersion: 0.1, unit: 1 } as const;
  return { series: "calls", subject: "", ...learned, expected: [], recent: [], level: { now, earlier, busy } };
}

describe("an anchored level", () => {
  it("says that an agent doubled by a little each day", () => {
    const anchors = new Anchors();
    expect(anchors.take([calls(10)], START, RULES)).toEqual([]);
    expect(anchors.take([calls(15, 12)], START + 20 * DAY_MS, RULES)).toEqual([]);
    expect(anchors.take([calls(21, 15)], START + 30 * DAY_MS, RULES)).toMatchObject([
      { kind: "growth", before: 10, after: 21, since: START },
    ]);
  });

  it("is taken anew when history came in after it: what was read of it by halves is no growth", () => {
    const anchors = new Anchors();
    expect(anchors.take([calls(0.03)], START, RULES)).toEqual([]);
    expect(anchors.take([calls(10, 10)], START + 60_000, RULES)).toEqual([]);
    expect(anchors.take([calls(21, 15)], START + 30 * DAY_MS, RULES)).toMatchObject([{ before: 10, after: 21 }]);
  });
});
