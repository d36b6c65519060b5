const FIRST_MS = 500;
const LONGEST_MS = 60_000;

/** How long to wait after the nth failure in a row (from 1): doubling to a minute, the upper half of it random. */
export function backoff(failures: number, random: () => number): number {
  const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 30));
  return Math.round(longest * (0.5 + random() / 2));
}
