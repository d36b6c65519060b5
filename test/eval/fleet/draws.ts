/** Draws that the fleet is made of, over a given source of uniform numbers in [0, 1). */
import { normal, type Random, seeded } from "../../../ingest/demo/random.ts";

/** A seed that depends on every part and on nothing else (FNV-1a). */
export function seedOf(...parts: readonly (string | number)[]): number {
  let state = 0x811c9dc5;
  for (const char of parts.join("\u0000")) {
    state = Math.imul(state ^ (char.codePointAt(0) as number), 0x01000193);
  }
  return state >>> 0;
}

/** A generator of its own for each purpose, so that one draw more in one place moves nothing elsewhere. */
export function randomOf(...parts: readonly (string | number)[]): Random {
  const random = seeded(seedOf(...parts));
  // Seeds that differ in few bits begin alike.
  for (let skip = 0; skip < 8; skip++) random();
  return random;
}

export function between(low: number, high: number, random: Random): number {
  return low + (high - low) * random();
}

/** A whole number from `low` to `high`, both included. */
export function whole(low: number, high: number, random: Random): number {
  return low + Math.floor(random() * (high - low + 1));
}

export function oneOf<T>(all: readonly T[], random: Random): T {
  return all[Math.floor(random() * all.length)] as T;
}

/** Gamma with mean 1 and variance 1 / shape (Marsaglia and Tsang 2000), so that Poisson over it is negative binomial. */
export function gammaFactor(shape: number, random: Random): number {
  if (shape < 1) return gammaFactor(shape + 1, random) * ((shape + 1) / shape) * (1 - random()) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normal(random);
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - random()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return (d * v) / shape;
  }
}

/** Pareto with this least amount: the tail is the heavier, the smaller `alpha`. Cut at a thousand times the least. */
export function pareto(least: number, alpha: number, random: Random): number {
  return least * Math.min(1000, (1 - random()) ** (-1 / alpha));
}

/** One of `size` things, the first ones by far the most often (Zipf-like). */
export function familiar(size: number, random: Random): number {
  return Math.floor(size * random() ** 3);
}

export function shuffled<T>(all: readonly T[], random: Random): T[] {
  const out = [...all];
  for (let last = out.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [out[last], out[other]] = [out[other] as T, out[last] as T];
  }
  return out;
}
