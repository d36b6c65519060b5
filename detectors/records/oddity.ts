/** Something odd about an agent's records: once is chance, three times an hour is told, what it always did is its way. */
import type { Severity } from "../../schemas/finding.ts";
import { DAY_MS, HOUR_MS } from "../time/zones.ts";

/** So often within an hour. */
const TOLD_FROM = 3;
/** On so many days, each told: it has lasted, and is no news any more. */
const LASTED_DAYS = 8;
/** Not seen for so long, it is news again. */
const FORGOTTEN_DAYS = 30;

/** About 80 bytes. */
export interface Oddity {
  /** The last three, the watch's clock. */
  moments: number[];
  since: number;
  count: number;
  /** The last day on which it was seen, counted from the epoch (UTC). */
  day: number;
  days: number;
  isHabit: boolean;
}

export function newOddity(): Oddity {
  return { moments: [], since: 0, count: 0, day: 0, days: 0, isHabit: false };
}

/** Counts one more; what is to be said of it, undefined: nothing. `isKnown`: the agent was known for long without it. */
export function noteOddity(oddity: Oddity, now: number, isKnown: boolean): Severity | undefined {
  const isOver = now - (oddity.moments.at(-1) ?? 0) > HOUR_MS;
  if (isOver) {
    oddity.since = now;
    oddity.count = 0;
    oddity.moments = [];
  }
  oddity.count += 1;
  oddity.moments.push(now);
  if (oddity.moments.length > TOLD_FROM) oddity.moments.shift();
  const day = Math.floor(now / DAY_MS);
  if (day - oddity.day > FORGOTTEN_DAYS) {
    oddity.days = 0;
    oddity.isHabit = false;
  }
  if (day !== oddity.day) oddity.days += 1;
  oddity.day = day;
  if (oddity.moments.length < TOLD_FROM || now - (oddity.moments[0] ?? 0) > HOUR_MS) return undefined;
  oddity.isHabit ||= !isKnown || oddity.days >= LASTED_DAYS;
  return oddity.isHabit ? "info" : "warning";
}
