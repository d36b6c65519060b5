import { describe, expect, it } from "vitest";
import { slidingTimes } from "../../../detectors/statistics/sliding-score.ts";
import { random } from "../fleet.ts";

/** How many windows of `size` in a row of slots, sliding or side by side, come to `count`: clumps count once. */
function exceedances(slots: readonly number[], size: number, count: number): { sliding: number; beside: number } {
  let [sliding, beside, sum, last] = [0, 0, 0, Number.NEGATIVE_INFINITY];
  slots.forEach((amount, index) => {
    sum += amount - (slots[index - size] ?? 0);
    if (index >= size - 1 && sum >= count) {
      if (index - last > size) sliding++;
      last = index;
    }
    if (index % size === size - 1 && sum >= count) beside++;
  });
  return { sliding, beside };
}

describe("a sliding window", () => {
  it("comes to a count as many times more often as it is said to", () => {
    const next = random(11);
    const slots = Array.from({ length: 2_000_000 }, () => (next() < 0.05 ? 1 : 0));
    const { sliding, beside } = exceedances(slots, 100, 14);
    const said = slidingTimes(14, 5, 0);
    expect(sliding / beside).toBeGreaterThan(said / 1.6);
    expect(sliding / beside).toBeLessThan(said * 1.6);
  });

  it("adds little where the rate itself varies", () => {
    expect(slidingTimes(50, 10, 0)).toBeCloseTo(32, 9);
    expect(slidingTimes(50, 10, 0.1)).toBeCloseTo(8, 9);
    expect(slidingTimes(50, 10, 10)).toBe(1);
    expect(slidingTimes(3, 10, 0)).toBe(1);
  });
});
