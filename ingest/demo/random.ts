/** Draws from the distributions that traffic follows, over a given source of uniform numbers in [0, 1). */

export type Random = () => number;

/** A count with this mean (Poisson; over 30 its normal approximation). */
export function poisson(mean: number, random: Random): number {
  if (mean <= 0) return 0;
  if (mean > 30) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(random)));
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = random(); product > limit; product *= random()) count += 1;
  return count;
}

/** A positive amount with this median; `spread` is the standard deviation of its logarithm. */
export function logNormal(median: number, spread: number, random: Random): number {
  return median * Math.exp(spread * normal(random));
}

/** One of the entries, each as likely as its weight. */
export function pick<T extends { readonly weight: number }>(entries: readonly T[], random: Random): T {
  let rest = random() * entries.reduce((sum, entry) => sum + entry.weight, 0);
  for (const entry of entries) {
    rest -= entry.weight;
    if (rest < 0) return entry;
  }
  return entries.at(-1) as T;
}

/** Standard normal, by Box and Muller. */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** A repeatable source of uniform numbers (mulberry32). */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
