import { describe, expect, it } from "vitest";
import { calibrate, type PastPeaks } from "../../../detectors/calibration/calibrate.ts";
import type { CalibratedThreshold } from "../../../schemas/calibration.ts";
import { random } from "../fleet.ts";

const WEEKS = 5;

/** Agents whose peaks beyond 2 are exponential, `rate` of them a week each. */
function fleet(agents: number, { rate = 1, scale = 0.6, seed = 5 } = {}): PastPeaks[] {
  const next = random(seed);
  return Array.from({ length: agents }, () => {
    const peaks = Array.from({ length: rate * WEEKS }, () => 2 - scale * Math.log(next()));
    return { series: 8, windows: 8 * 168 * WEEKS, calls: 2000 * WEEKS, weeks: WEEKS, peaks };
  });
}

function thresholdOf(pasts: readonly PastPeaks[], asked = 1): CalibratedThreshold {
  const [threshold] = calibrate(pasts, asked, 0)?.thresholds ?? [];
  if (threshold === undefined) throw new Error("not calibrated");
  return threshold;
}

/** Peaks of the whole fleet a week beyond a score. */
const beyond = (pasts: readonly PastPeaks[], score: number): number =>
  pasts.flatMap(({ peaks }) => peaks).filter((peak) => peak > score).length / WEEKS;

describe("calibration", () => {
  it.each([143, 1000])("asks for the score that %i agents pass as often as was asked for", (agents) => {
    const past = fleet(agents);
    const later = fleet(agents, { seed: 77 });
    const { page, note, expected, notes, asked } = thresholdOf(past, 20);
    expect(asked).toBe(10);
    expect(expected).toBeLessThanOrEqual(asked * 1.0001);
    expect(beyond(later, page)).toBeGreaterThan(asked / 4);
    expect(beyond(later, page)).toBeLessThan(asked * 1.5);
    expect(beyond(later, note)).toBeGreaterThan(notes / 3);
    expect(beyond(later, note)).toBeLessThan(notes * 2);
  });

  it("extrapolates: a thousand agents at the score of ten would page all day", () => {
    const [few, many] = [thresholdOf(fleet(10, { rate: 4 })), thresholdOf(fleet(1000, { rate: 4 }))];
    expect(many.page).toBeGreaterThan(few.page + 1);
  });

  it("hardly knows of incidents in the history", () => {
    const past = fleet(143);
    const hit = past.map((one, index) => (index < 6 ? { ...one, peaks: [150, ...one.peaks] } : one));
    expect(Math.abs(thresholdOf(hit).page - thresholdOf(past).page)).toBeLessThan(0.6);
  });

  it("pools: how peaks are shared out among agents, and in which order they come, changes nothing", () => {
    const past = fleet(40);
    expect(thresholdOf([...past].reverse())).toEqual(thresholdOf(past));
  });

  it("asks for less the more false pages may be", () => {
    const past = fleet(500);
    const pages = [0.2, 1, 5, 25].map((asked) => thresholdOf(past, asked).page);
    expect(pages).toEqual([...pages].sort((a, b) => b - a));
  });

  it("trusts no tail of a few peaks below the default, and no quiet past beyond what chance alone would do", () => {
    expect(thresholdOf(fleet(2)).page).toBeGreaterThanOrEqual(5.5);
    const silent = fleet(3000, { rate: 0 });
    const { page, windows } = thresholdOf(silent);
    expect(page).toBeGreaterThanOrEqual(Math.log10(windows / WEEKS / 0.5) - 1e-3);
  });

  it("is not made deaf by a noisy few: they raise the threshold of all by two decades at the most", () => {
    const calm = fleet(143);
    const noisy = fleet(10, { rate: 12, scale: 8, seed: 9 });
    expect(thresholdOf([...calm, ...noisy]).page).toBeLessThanOrEqual(thresholdOf(calm).page + 2.5);
    const [one] = fleet(1, { rate: 12, scale: 3, seed: 11 });
    expect(thresholdOf([...fleet(10), one as PastPeaks]).page).toBeLessThanOrEqual(7.5);
  });

  it("asks of evidence that adds up a likelihood ratio as great as the calls a week for each false page", () => {
    const pages = [10, 143, 1000].map((agents) => calibrate(fleet(agents), 1, 0)?.thresholds[1]?.page ?? 0);
    expect(pages[1]).toBeCloseTo(Math.log10((143 * 2000) / 0.1), 3);
    expect((pages[2] ?? 0) - (pages[0] ?? 0)).toBeCloseTo(2, 3);
  });

  it("says nothing while nothing is judged", () => {
    expect(calibrate([], 1, 0)).toBeUndefined();
    expect(calibrate([{ series: 0, windows: 0, calls: 9, weeks: 0.5, peaks: [] }], 1, 0)).toBeUndefined();
  });
});
