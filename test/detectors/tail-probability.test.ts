import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countScore } from "../../detectors/statistics/count-score.ts";
import { logBetaTail } from "../../detectors/statistics/log-beta-tail.ts";
import { logGamma } from "../../detectors/statistics/log-gamma.ts";

interface Golden {
  readonly scores: { count: number; mean: number; dispersion: number; score: number }[];
  readonly logGamma: { x: number; value: number }[];
  readonly logBeta: { a: number; b: number; x: number; value: number }[];
}

const golden = JSON.parse(
  readFileSync(new URL("../golden/tail-probabilities.json", import.meta.url), "utf8"),
) as Golden;

const close = (actual: number, wanted: number): void =>
  expect(Math.abs(actual - wanted)).toBeLessThan(1e-9 * Math.max(1, Math.abs(wanted)));

describe("tail probabilities agree with SciPy", () => {
  it.each(golden.scores)(
    "score of $count at mean $mean, dispersion $dispersion",
    ({ count, mean, dispersion, score }) => {
      close(countScore(count, mean, dispersion), Math.min(300, score));
    },
  );

  it.each(golden.logGamma)("log gamma of $x", ({ x, value }) => close(logGamma(x), value));

  it.each(golden.logBeta)("log incomplete beta ($a, $b) at $x", ({ a, b, x, value }) =>
    close(logBetaTail(a, b, x), value),
  );
});

describe("a score", () => {
  const amount = fc.double({ min: 0.01, max: 5000, noNaN: true });
  const dispersion = fc.double({ min: 0, max: 5, noNaN: true });

  it("is within 0 and 300, and grows with the count", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), amount, dispersion, (count, mean, spread) => {
        const score = countScore(count, mean, spread);
        expect(score).toBeGreaterThanOrEqual(0);
        expect(score).toBeLessThanOrEqual(300);
        expect(countScore(count + 1, mean, spread)).toBeGreaterThanOrEqual(score - 1e-9);
      }),
    );
  });

  it("says nothing for no events and the most for any where none is expected", () => {
    expect(countScore(0, 5, 0.1)).toBe(0);
    expect(countScore(1, 0, 0.1)).toBe(300);
  });
});
