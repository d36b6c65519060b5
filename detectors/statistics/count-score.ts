/** How unlikely a count is, comparable across series: −log10 of the upper tail probability. */
import { logBetaTail } from "./log-beta-tail.ts";
import { logGamma } from "./log-gamma.ts";

const MAX_SCORE = 300;
/** Below it a negative binomial is a Poisson distribution. */
const NEARLY_POISSON = 1e-7;
const MAX_TERMS = 10_000;

/** ln P(X ≥ k) for Poisson: the lower incomplete gamma series (Abramowitz and Stegun 6.5.29). */
function logPoissonTail(count: number, mean: number): number {
  let term = 1;
  let sum = 1;
  for (let n = 1; n < MAX_TERMS && term > sum * 1e-16; n++) {
    term *= mean / (count + n);
    sum += term;
  }
  return Math.min(0, count * Math.log(mean) - mean - logGamma(count + 1) + Math.log(sum));
}

/**
 * −log10 P(X ≥ count) for a negative binomial with this mean and variance mean + dispersion × mean², a Poisson
 * distribution at dispersion 0. The count may be fractional (amounts in steps of their unit). Between 0 and 300.
 */
export function countScore(count: number, mean: number, dispersion: number): number {
  if (count <= 0) return 0;
  if (mean <= 0) return MAX_SCORE;
  const spread = dispersion * mean;
  const logTail =
    dispersion < NEARLY_POISSON
      ? logPoissonTail(count, mean)
      : logBetaTail(count, 1 / dispersion, spread / (1 + spread));
  const score = -logTail / Math.LN10;
  return Number.isFinite(score) ? Math.min(MAX_SCORE, Math.max(0, score)) : MAX_SCORE;
}
