/** Several looks at one series, each in deviations and by side: this row, the last hour, half a day, restlessness. */
import { LONG_ROWS } from "./level.ts";

/** Rows of the short and the middle look: an hour and six hours of five minutes. */
const SHORT_ROWS = 12;
const MIDDLE_ROWS = 72;
/** A row counts at most so many deviations in a mean. */
const CLIP = 8;
/** Deviations that means of so many rows have less; about √(2 × rows − 1) for independent ones. */
const SHORT_GAIN = 4;
const MIDDLE_GAIN = 10;
const RESTLESS_GAIN = 5;
/** Share of a deviation below which restlessness is not told from rest. */
const REST = 0.05;

export const VIEWS = ["row above", "row below", "hour above", "hour below", "hours above", "hours below", "restless"];

export interface Views {
  rows: number;
  short: number;
  middle: number;
  restless: number;
  usualRestless: number;
}

export function createViews(): Views {
  return { rows: 0, short: 0, middle: 0, restless: 0, usualRestless: 0 };
}

const clip = (deviations: number): number => Math.min(CLIP, Math.max(-CLIP, deviations));

/** Takes a row in, as deviations from what was expected of now and of the slow histories; answers in the order of `VIEWS`. */
export function look(views: Views, now: number, slow: number): number[] {
  views.rows += 1;
  views.short += (clip(slow) - views.short) / SHORT_ROWS;
  views.middle += (clip(slow) - views.middle) / MIDDLE_ROWS;
  const size = Math.abs(clip(now));
  views.restless += (size - views.restless) / SHORT_ROWS;
  views.usualRestless += (size - views.usualRestless) / Math.min(views.rows, LONG_ROWS);
  const short = SHORT_GAIN * views.short;
  const middle = MIDDLE_GAIN * views.middle;
  const restless = RESTLESS_GAIN * Math.log((views.restless + REST) / (views.usualRestless + REST));
  return [now, -now, short, -short, middle, -middle, restless];
}
