/** How unusual each row of a series is, from what came before it: the scoring of every series, whatever its unit. */
import { createEpisode, type Episode, newRarity } from "./episode.ts";
import { HOURS_OF_WEEK } from "./hour-cells.ts";
import { createLevel, expectation, type Level, LONG_ROWS, learnLevel } from "./level.ts";
import { createSpread, deviation, learnSpread, type Spread } from "./spread.ts";
import { createTailRate, learnTail, type TailRate, tailRate } from "./tail-rate.ts";
import { createViews, look, ROW_VIEWS, VIEWS, type Views } from "./views.ts";

/** Deviations below this share of the usual size are none: a flat line with rounding noise is flat. */
const LEAST_DEVIATION = 0.005;
const BAND = 2;
/** Rows. */
export const DEFAULT_WARM_UP = 750;
const HOUR_MS = 3_600_000;
/** The epoch was a Thursday. */
const MONDAY = 72;
const MAX_RARITY = 300;
/** What is flagged counts for the tail as at most so many times the greatest so far. */
const FLAGGED_GROWTH = 1.25;
/** Decades by which hours must be rarer in an hour of the week never seen before: nobody knows its weekend yet. */
const UNSEEN = 0.5;

export interface SeriesOptions {
  /** Rows that are learned from before anything is said. Default 750: two and a half days of five minutes. */
  readonly warmUp?: number;
  /** Rows per false burst that are asked for; default 1000. A row is flagged when it is rarer. */
  readonly rowsPerFalseAlarm?: number;
  /** Nearer than this to the expected value nothing is said, in the series' own unit. Default 0. */
  readonly minExcess?: number;
  /** Hour of the week of a moment in Unix milliseconds, 0 to 167; default UTC, from Monday. */
  readonly hourOfWeek?: (at: number) => number;
}

/** Everything that is known of a series: plain data, at most 12 KB as JSON, the same after a round trip. */
export interface SeriesState {
  rows: number;
  /** Mean absolute value. */
  size: number;
  readonly level: Level;
  readonly spread: Spread;
  readonly slowSpread: Spread;
  readonly views: Views;
  readonly tails: TailRate[];
  readonly episode: Episode;
}

export interface SeriesScore {
  /** 0 to 1; from 0.5 on it is rarer than the false alarms that were asked for. */
  readonly score: number;
  readonly flagged: boolean;
  readonly expected: number;
  readonly low: number;
  readonly high: number;
  /** Which of `VIEWS` is the most unusual. */
  readonly view: string;
}

export function createSeriesState(): SeriesState {
  const tails = VIEWS.map(createTailRate);
  const spreads = { spread: createSpread(), slowSpread: createSpread() };
  return { rows: 0, size: 0, level: createLevel(), ...spreads, views: createViews(), tails, episode: createEpisode() };
}

function utcHourOfWeek(at: number): number {
  const hour = (Math.floor(at / HOUR_MS) + MONDAY) % HOURS_OF_WEEK;
  return hour < 0 ? hour + HOURS_OF_WEEK : hour;
}

/** Before so many rows nobody knows what a deviation is: six hours of five minutes. */
const LEAST_ROWS = 72;

/** Scores a finite value and then learns it. */
export function scoreRow(state: SeriesState, at: number, value: number, options: SeriesOptions = {}): SeriesScore {
  const { warmUp = DEFAULT_WARM_UP, rowsPerFalseAlarm = 1000, minExcess = 0, hourOfWeek = utcHourOfWeek } = options;
  const threshold = Math.log10(rowsPerFalseAlarm);
  const cell = hourOfWeek(at);
  const expected = expectation(state.level, cell, value);
  state.rows += 1;
  state.size += (Math.abs(value) - state.size) / Math.min(state.rows, LONG_ROWS);
  const floor = LEAST_DEVIATION * state.size;
  const now = deviation(state.spread, expected.now, floor);
  const slow = deviation(state.slowSpread, expected.slow, floor);
  const known = state.rows > LEAST_ROWS;
  const inDeviations = (miss: number, one: number): number => (known && one > 0 ? miss / one : 0);
  const seen = look(state.views, inDeviations(value - expected.now, now), inDeviations(value - expected.slow, slow));

  const ready = state.rows > warmUp;
  let rarity = 0;
  let view = 0;
  seen.forEach((deviations, index) => {
    const tail = state.tails[index] as TailRate;
    // Several looks give as many chances of a false alarm.
    const doubt = expected.isSeen || index < ROW_VIEWS ? 0 : UNSEEN;
    const alone = Math.min(MAX_RARITY, -Math.log10(VIEWS.length * tailRate(tail, deviations)) - doubt);
    if (alone > rarity) [rarity, view] = [alone, index];
    const cut = alone > threshold ? FLAGGED_GROWTH * (tail.peaks[0] ?? deviations) : deviations;
    learnTail(tail, Math.min(deviations, cut));
  });
  learnSpread(state.spread, expected.now, Math.abs(value - expected.now));
  learnSpread(state.slowSpread, expected.slow, Math.abs(value - expected.slow));
  learnLevel(state.level, at, cell, value, expected);

  const counts = ready && Math.abs(value - expected.slow) >= minExcess;
  const told = newRarity(state.episode, at, counts ? rarity : 0, threshold);
  return {
    score: told / (told + threshold),
    flagged: told >= threshold,
    expected: expected.now,
    low: expected.now - BAND * now,
    high: expected.now + BAND * now,
    view: VIEWS[view] as string,
  };
}
