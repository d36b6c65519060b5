/** How unlikely a count is in a window that slides, on the scale of windows that stand side by side. */
import { countScore } from "./count-score.ts";

/**
 * How many times as often a sliding window comes to `count` than windows side by side do: (count − rate)² / count, the
 * Poisson clumping of scan statistics (Aldous 1989, Probability Approximations via the Poisson Clumping Heuristic, A7;
 * Alm 1983). Over-dispersed work at such a count most likely has a high rate, the posterior mean of the gamma mixture,
 * and sliding adds little to that. At least 1.
 */
export function slidingTimes(count: number, mean: number, dispersion: number): number {
  const rate = (mean * (1 + dispersion * count)) / (1 + dispersion * mean);
  return count > rate ? Math.max(1, (count - rate) ** 2 / count) : 1;
}

/** −log10 of how often a sliding window, for each of its own lengths of time, comes to this count; from 0 on. */
export function slidingScore(count: number, mean: number, dispersion: number): number {
  return Math.max(0, countScore(count, mean, dispersion) - Math.log10(slidingTimes(count, mean, dispersion)));
}
