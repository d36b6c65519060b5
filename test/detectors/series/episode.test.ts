import { describe, expect, it } from "vitest";
import { createEpisode, newRarity } from "../../../detectors/series/episode.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const THRESHOLD = 3;

/** What is left of the rarity of each row. */
function told(rarities: readonly number[], step: number): number[] {
  const episode = createEpisode();
  return rarities.map((rarity, row) => newRarity(episode, row * step, rarity, THRESHOLD));
}

const flagged = (left: readonly number[]): number[] =>
  left.flatMap((rarity, row) => (rarity >= THRESHOLD ? [row] : []));

/** Rare for a row at each of these rows. */
const rareAt = (rows: number, ...at: readonly number[]): number[] =>
  Array.from({ length: rows }, (_, row) => (at.includes(row) ? 5 : 0));

describe("a disturbance", () => {
  it("is told when it begins and when it is ten times as rare", () => {
    expect(flagged(told([1, 4, 5, 4, 6.1, 7, 1], MINUTE))).toEqual([1, 4]);
  });

  it.each([
    ["a minute", MINUTE, 360],
    ["five minutes", 5 * MINUTE, 72],
    ["an hour", HOUR, 13],
    ["a day", 24 * HOUR, 13],
  ])("that comes back is told again six hours after, and after a dozen quiet rows; rows of %s", (_, step, again) => {
    expect(flagged(told(rareAt(again + 1, 0, again), step))).toEqual([0, again]);
    expect(flagged(told(rareAt(again + 1, 0, again - 1), step))).toEqual([0]);
  });

  it("that goes on ranks below all that is told and the higher the rarer, above what is not rare", () => {
    const left = told([9, 2, 3, 4, 6, 9.5], 5 * MINUTE).slice(1);
    expect(left).toEqual([...left].sort((a, b) => a - b));
    expect(new Set(left).size).toBe(left.length);
    expect(left.at(0)).toBe(2);
    expect(left.at(-1)).toBeLessThan(THRESHOLD);
  });
});
