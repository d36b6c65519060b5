const FIRST_MS = 500;
/** Whoever is on call should not wait a minute more when the channel is back. */
const LONGEST_MS = 15_000;

/** How long to wait after the nth failure in a row (from 1): doubling to 15 s, the upper half of it random. */
export function backoff(failures: number, random: () => number): number {
  const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 30));
  return Math.round(longest * (0.5 + random() / 2));
}
