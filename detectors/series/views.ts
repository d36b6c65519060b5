/** Several looks at one series, each in deviations and by side: this row, the last hour, the last six hours. */

/** Rows of the short and the middle look: an hour and six hours of five minutes. */
const SHORT_ROWS = 12;
const MIDDLE_ROWS = 72;
/** A row counts at most so many deviations in a mean. */
const CLIP = 8;
/** Deviations that means of so many rows have less; about √(2 × rows − 1) for independent ones. */
const SHORT_GAIN = 4;
const MIDDLE_GAIN = 10;

export const VIEWS = ["row above", "row below", "hour above", "hour below", "hours above", "hours below"];
/** The first of them look at the row alone. */
export const ROW_VIEWS = 2;

export interface Views {
  short: number;
  middle: number;
}

export function createViews(): Views {
  return { short: 0, middle: 0 };
}

const clip = (deviations: number): number => Math.min(CLIP, Math.max(-CLIP, deviations));

/** Takes a row in, as deviations from what was expected of now and of the slow histories; answers in the order of `VIEWS`. */
export function look(views: Views, now: number, slow: number): number[] {
  views.short += (clip(slow) - views.short) / SHORT_ROWS;
  views.middle += (clip(slow) - views.middle) / MIDDLE_ROWS;
  const short = SHORT_GAIN * views.short;
  const middle = MIDDLE_GAIN * views.middle;
  return [now, -now, short, -short, middle, -middle];
}
