import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { learnPause, type Pauses, scoreOfPause } from "../../../detectors/silence/pauses.ts";
import { ABOVE_HABIT, KNOWN_SCORE } from "../../../detectors/silence/rules.ts";

const none = (): Pauses => ({ all: 0, beyond: 0, excess: 0, most: 0 });

/** Pauses whose scores have an exponential tail of this mean, in steps as even as their quantiles. */
function pausesOf(count: number, mean: number): Pauses {
  const pauses = none();
  for (let n = 0; n < count; n++) learnPause(pauses, -mean * Math.log((n + 0.5) / count));
  return pauses;
}

describe("how long a pause must be", () => {
  it("follows the agent's own: the score of a pause as rare as asked, if the model were perfect", () => {
    expect(scoreOfPause(pausesOf(5000, 1 / Math.LN10), 6)).toBeCloseTo(6, 0);
  });

  it("grows for one whose pauses are longer than the model knows, and shrinks for one that keeps time", () => {
    const perfect = scoreOfPause(pausesOf(5000, 1 / Math.LN10), 6);
    expect(scoreOfPause(pausesOf(5000, 2 / Math.LN10), 6)).toBeGreaterThan(1.6 * perfect);
    expect(scoreOfPause(pausesOf(5000, 0.5 / Math.LN10), 6)).toBeLessThan(0.7 * perfect);
  });

  it("is never near what it did by itself, nor below what is stated", () => {
    const scores = fc.array(fc.double({ min: 0, max: 40, noNaN: true }), { maxLength: 60 });
    fc.assert(
      fc.property(scores, fc.double({ min: 3, max: 9, noNaN: true }), (all, rarity) => {
        const pauses = none();
        for (const score of all) learnPause(pauses, score);
        const last = all.filter((score) => score > 0).at(-1) ?? 0;
        const limit = scoreOfPause(pauses, rarity);
        expect(limit).toBeGreaterThanOrEqual(KNOWN_SCORE);
        expect(limit).toBeGreaterThanOrEqual(ABOVE_HABIT * last);
      }),
    );
  });
});
