/** How long an agent must be watched until a multiple of its usual amount is no accident. */
import { HOUR_MS } from "../../../../detectors/time/zones.ts";
import { DAY_SPREAD } from "../rhythm.ts";
import { type Tool, triesOf } from "../tools.ts";
import { runsBetween, type Scene } from "./scene.ts";

/** Longest window that is waited for. */
const LONGEST_HOURS = 12;
/** Coefficient of variation of the usual amount, at the most: three times the usual is then seven standard deviations away. */
const MOST_VARIATION = 0.28;
/** Calls that the usual amount stands for, at the least. */
const LEAST_CALLS = 30;

/** What is added up. */
export interface Amount {
  /** Mean amount of one call of this tool; 0: it does not count. */
  readonly of: (tool: Tool) => number;
  /** Squared coefficient of variation of the amount of one call. */
  readonly spread: number;
}

/** Moments of the amount of one run: its mean, the mean of its square, and its calls. */
function momentsOf({ profile }: Scene, { of, spread }: Amount): { mean: number; square: number; calls: number } {
  const { workflows, flakiness } = profile;
  const total = workflows.reduce((sum, { weight }) => sum + weight, 0);
  let [mean, square, calls] = [0, 0, 0];
  for (const { steps, weight } of workflows) {
    let [ofFlow, variance] = [0, 0];
    for (const { tool, least, most, chance, waits } of steps) {
      const tries = waits === true ? 1 : triesOf(tool, flakiness);
      const amount = of(tool) * tries;
      if (amount === 0) continue;
      const count = (chance * (least + most)) / 2;
      // Of a whole number drawn evenly from least to most, or 0.
      const countSquare = chance * (((most - least + 1) ** 2 - 1) / 12 + ((least + most) / 2) ** 2);
      ofFlow += count * amount;
      variance += amount ** 2 * (countSquare - count ** 2 + count * spread);
      calls += (weight / total) * count * tries;
    }
    mean += (weight / total) * ofFlow;
    square += (weight / total) * (variance + ofFlow ** 2);
  }
  return { mean, square, calls };
}

export interface Window {
  readonly to: number;
  /** Usual amount, in calls that count. */
  readonly normal: number;
}

/**
 * The shortest window of whole hours from `at` on in which the usual amount is steady enough to be compared with, by
 * the variance of a compound Poisson sum with the chance of its hours and its day; undefined when twelve hours are not
 * enough, or when the agent does not work as it begins.
 */
export function windowOf(scene: Scene, at: number, amount: Amount): Window | undefined {
  const { mean, square, calls } = momentsOf(scene, amount);
  if (mean === 0 || scene.profile.burstsPerWeek > 0 || runsBetween(scene, at, at + HOUR_MS) < 0.5) return undefined;
  let worked = 0;
  for (let hours = 1; hours <= LONGEST_HOURS; hours++) {
    const to = at + hours * HOUR_MS;
    if (runsBetween(scene, to - HOUR_MS, to) > 0) worked += 1;
    const runs = runsBetween(scene, at, to);
    const variation = square / (mean ** 2 * runs) + 1 / (scene.profile.steadiness * worked) + DAY_SPREAD ** 2;
    if (Math.sqrt(variation) <= MOST_VARIATION && runs * calls >= LEAST_CALLS) return { to, normal: runs * calls };
  }
  return undefined;
}
