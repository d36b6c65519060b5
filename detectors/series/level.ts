/** What a series is expected to be now: by whichever of several histories has missed it least. */

/** Rows of the long history: a week of five minutes. */
export const LONG_ROWS = 2016;
const RECENT_ROWS = 6;
const HOUR_MS = 3_600_000;
export const HOURS_OF_WEEK = 168;
const HOURS_OF_DAY = 24;
/** An hour's mean is the mean of about so many visits to it. */
const DAYS = 7;
const WEEKS = 6;
/** Whole visits from which on an hour speaks. */
const NEEDED_DAYS = 2;
const NEEDED_WEEKS = 1;
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

/** Plain data; about 400 numbers. */
export interface Level {
  rows: number;
  /** The present hour, counted from the epoch; −1 before the first row. */
  hour: number;
  cell: number;
  sum: number;
  count: number;
  readonly day: number[];
  readonly dayVisits: number[];
  readonly week: number[];
  readonly weekVisits: number[];
  long: number;
  recent: number;
  /** Mean miss of each history, and the rows it was tried on. */
  readonly miss: number[];
  readonly tried: number[];
}

export function createLevel(): Level {
  const zeros = (length: number): number[] => new Array<number>(length).fill(0);
  return {
    ...{ rows: 0, hour: -1, cell: 0, sum: 0, count: 0, long: 0, recent: 0 },
    ...{ day: zeros(HOURS_OF_DAY), dayVisits: zeros(HOURS_OF_DAY) },
    ...{ week: zeros(HOURS_OF_WEEK), weekVisits: zeros(HOURS_OF_WEEK) },
    ...{ miss: zeros(HISTORIES), tried: zeros(HISTORIES) },
  };
}

/** What one row is expected to be. */
export interface Expectation {
  /** By the best of all histories, the last rows included. */
  readonly now: number;
  /** By the best of the histories that an incident of hours does not move. */
  readonly slow: number;
  readonly histories: readonly (number | undefined)[];
}

/** `cell` is the hour of the week, 0 to 167. The first row is expected to be what it is. */
export function expectation(level: Level, cell: number, value: number): Expectation {
  if (level.rows === 0) return { now: value, slow: value, histories: [] };
  const hour = cell % HOURS_OF_DAY;
  const day = (level.dayVisits[hour] as number) >= NEEDED_DAYS ? level.day[hour] : undefined;
  const week = (level.weekVisits[cell] as number) >= NEEDED_WEEKS ? level.week[cell] : undefined;
  const histories = [day, week, level.long, level.recent];
  const slow = bestOf(level, histories, RECENT);
  const now = bestOf(level, histories, HISTORIES);
  return { now: histories[now] as number, slow: histories[slow] as number, histories };
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
  const hour = Math.floor(at / HOUR_MS);
  if (hour !== level.hour && level.count > 0) {
    const mean = level.sum / level.count;
    visit(level.day, level.dayVisits, level.cell % HOURS_OF_DAY, mean, DAYS);
    visit(level.week, level.weekVisits, level.cell, mean, WEEKS);
    level.sum = 0;
    level.count = 0;
  }
  level.hour = hour;
  level.cell = cell;
  level.sum += calm;
  level.count += 1;
}

function visit(means: number[], visits: number[], cell: number, mean: number, most: number): void {
  const count = Math.min(most, (visits[cell] as number) + 1);
  visits[cell] = count;
  means[cell] = (means[cell] as number) + (mean - (means[cell] as number)) / count;
}
