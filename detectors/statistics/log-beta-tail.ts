import { logGamma } from "./log-gamma.ts";

const MAX_TERMS = 500;
const CLOSE = 1e-14;
const TINY = 1e-300;

/** Lentz's continued fraction of the incomplete beta function (Numerical Recipes, 3rd edition, 6.4). */
function betaFraction(a: number, b: number, x: number): number {
  let c = 1;
  let d = 1 - ((a + b) * x) / (a + 1);
  d = 1 / (Math.abs(d) < TINY ? TINY : d);
  let value = d;
  for (let m = 1; m <= MAX_TERMS; m++) {
    for (const numerator of [
      (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m)),
      (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1)),
    ]) {
      d = 1 + numerator * d;
      d = 1 / (Math.abs(d) < TINY ? TINY : d);
      c = 1 + numerator / c;
      c = Math.abs(c) < TINY ? TINY : c;
      value *= d * c;
    }
    if (Math.abs(d * c - 1) < CLOSE) break;
  }
  return value;
}

function logFront(a: number, b: number, x: number): number {
  return logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x);
}

/** Natural logarithm of the regularised incomplete beta function I_x(a, b), exact far into the tail. 0 < x < 1. */
export function logBetaTail(a: number, b: number, x: number): number {
  if (x < (a + 1) / (a + b + 2)) return logFront(a, b, x) + Math.log(betaFraction(a, b, x) / a);
  const rest = (Math.exp(logFront(b, a, 1 - x)) * betaFraction(b, a, 1 - x)) / b;
  return Math.log1p(-Math.min(rest, 1 - Number.EPSILON));
}
