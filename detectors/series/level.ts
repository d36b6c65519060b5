/** What a series is expected to be now: by whichever of several histories has missed it least. */

import { createHourCells, type HourCells, learnHour, usualOf } from "./hour-cells.ts";

/** Rows of the long history: a week of five minutes. */
export const LONG_ROWS = 2016;
const RECENT_ROWS = 6;
/** Values move a history by at most so many of its mean misses; a miss counts at most so many. */
const REACH = 8;
const MISS_REACH = 5;
/** Rows before values are cut, and rows that a history is tried before it may be chosen. */
const SETTLED = 30;
const TRIED = 50;
/** Another history must miss this much less than the long one. */
const BETTER = 0.95;

// Order of the histories: hour of day, hour of week, long, recent.
const LONG = 2;
const RECENT = 3;
const HISTORIES = 4;

/** Plain data. */
export interface Level {
  rows: number;
  readonly hours: HourCells;
  long: number;
  recent: number;
  /** Mean miss of each history, and the rows it was tried on. */
  readonly miss: number[];
  readonly tried: number[];
}

export function createLevel(): Level {
  const zeros = (length: number): number[] => new Array<number>(length).fill(0);
  return {
    ...{ rows: 0, hours: createHourCells(), long: 0, recent: 0 },
    ...{ miss: zeros(HISTORIES), tried: zeros(HISTORIES) },
  };
}

/** What one row is expected to be. */
export interface Expectation {
  /** By the best of all histories, the last rows included. */
  readonly now: number;
  /** By the best of the histories that an incident of hours does not move. */
  readonly slow: number;
  /** Whether this hour of the week was there before. */
  readonly isSeen: boolean;
  readonly histories: readonly (number | undefined)[];
}

/** `cell` is the hour of the week, 0 to 167. The first row is expected to be what it is. */
export function expectation(level: Level, cell: number, value: number): Expectation {
  if (level.rows === 0) return { now: value, slow: value, isSeen: false, histories: [] };
  const [hour, weekHour] = usualOf(level.hours, cell);
  const histories = [hour, weekHour, level.long, level.recent];
  const slow = bestOf(level, histories, RECENT);
  const now = bestOf(level, histories, HISTORIES);
  return { now: histories[now] as number, slow: histories[slow] as number, isSeen: weekHour !== undefined, histories };
}

function bestOf({ miss, tried }: Level, histories: readonly (number | undefined)[], end: number): number {
  let best = LONG;
  for (let index = 0; index < end; index++) {
    if (histories[index] === undefined || (tried[index] as number) < TRIED) continue;
    if ((miss[index] as number) < BETTER * (miss[best] as number)) best = index;
  }
  return best;
}

const within = (value: number, centre: number, reach: number): number =>
  Math.min(centre + reach, Math.max(centre - reach, value));

/** Takes a row in, after it was judged. What is far off moves a history little: a wild hour is not the new normal. */
export function learnLevel(level: Level, at: number, cell: number, value: number, expected: Expectation): void {
  const settled = level.rows >= SETTLED;
  expected.histories.forEach((history, index) => {
    if (history === undefined) return;
    const tried = (level.tried[index] as number) + 1;
    const known = level.miss[index] as number;
    const missed = Math.abs(value - history);
    const counted = tried > SETTLED && known > 0 ? Math.min(missed, MISS_REACH * known) : missed;
    level.tried[index] = tried;
    level.miss[index] = known + (counted - known) / Math.min(tried, LONG_ROWS);
  });
  const reach = (index: number): number => {
    const miss = level.miss[index] as number;
    return settled && miss > 0 ? REACH * miss : Number.POSITIVE_INFINITY;
  };
  const calm = within(value, expected.slow, reach(LONG));
  level.rows += 1;
  level.long += (calm - level.long) / Math.min(level.rows, LONG_ROWS);
  const recent = within(value, level.recent, reach(RECENT));
  level.recent += (recent - level.recent) / Math.min(level.rows, RECENT_ROWS);
  learnHour(level.hours, at, cell, calm);
}
