/** How improbable it is to hear nothing from an agent between two moments, by its own baseline. */
import type { Expectations, SeriesExpectation } from "../baseline/expectations.ts";
import { HOUR_MS } from "../time/zones.ts";
import { REST_CHANCE, REST_HOURS, WORKED_SHARE } from "./rules.ts";

const DAY_HOURS = 24;

export interface Absence {
  /** −log10 of the chance of nothing, hours taken as independent given the agent's over-dispersion. */
  readonly score: number;
  /** Calls that should have been heard, and in how many steps. */
  readonly calls: number;
  readonly steps: number;
}

/** Whether an hour counts: outside declared and usual hours nothing is expected. */
export type Counts = (at: number) => boolean;

/** The zero term of a negative binomial with this mean and variance mean + dispersion × mean². */
function scoreOfNothing(mean: number, dispersion: number): number {
  return (dispersion > 1e-7 ? Math.log1p(dispersion * mean) / dispersion : mean) / Math.LN10;
}

/** A part of an hour without an event. */
interface Missing {
  readonly begin: number;
  readonly end: number;
  /** Calls that were due when the part is over, and those that are sure to be due in its course. */
  readonly calls: number;
  readonly assured: number;
  readonly unit: number;
}

/**
 * What was due in a span, hour by hour, as far as the baseline says anything. When within its hour work comes nobody
 * knows: a nightly job of twenty minutes has been due for certain when its hour is over, and was done when an event
 * came before. So a part of an hour counts evenly only as far as the hour on its open side has work too.
 */
function* hoursOf(series: SeriesExpectation, from: number, to: number, counts: Counts): Generator<Missing> {
  const unit = series.unit > 0 ? series.unit : 1;
  for (let begin = from; begin < to; ) {
    const start = Math.floor(begin / HOUR_MS) * HOUR_MS;
    const end = Math.min(to, start + HOUR_MS);
    const hour = series.hourAt(start);
    if (hour === undefined || series.between(begin, end, "long") === undefined) return;
    const share = counts(begin) ? (end - begin) / HOUR_MS : 0;
    const rate = begin === start ? hour : Math.min(hour, series.hourAt(start + HOUR_MS) ?? hour);
    const assured = share * Math.min(rate, series.hourAt(start - HOUR_MS) ?? rate);
    yield { begin, end, calls: end === start + HOUR_MS ? share * rate : assured, assured, unit };
    begin = end;
  }
}

export function absenceOf(series: SeriesExpectation, from: number, to: number, counts: Counts): Absence {
  let [score, all, steps] = [0, 0, 0];
  for (const { calls, unit } of hoursOf(series, from, to, counts)) {
    score += scoreOfNothing(calls / unit, series.dispersion);
    all += calls;
    steps += calls / unit;
  }
  return { score, calls: all, steps };
}

/** When silence since `from` will be improbable enough, to the hour's linear share; undefined: not while the baseline lasts. */
export function improbableAt(
  series: SeriesExpectation,
  from: number,
  limit: { readonly score: number; readonly steps: number; readonly until: number },
  counts: Counts,
): number | undefined {
  let [score, steps] = [0, 0];
  const shareOf = (more: number): number => {
    return Math.max(
      part(limit.score - score, scoreOfNothing(more, series.dispersion)),
      part(limit.steps - steps, more),
    );
  };
  for (const { begin, end, calls, assured, unit } of hoursOf(series, from, limit.until, counts)) {
    const early = shareOf(assured / unit);
    if (early <= 1) return Math.ceil(begin + early * (end - begin));
    if (shareOf(calls / unit) <= 1) return end;
    score += scoreOfNothing(calls / unit, series.dispersion);
    steps += calls / unit;
  }
  return undefined;
}

const part = (missing: number, more: number): number => {
  if (missing <= 0) return 0;
  return more > 0 ? missing / more : Number.POSITIVE_INFINITY;
};

/** Share of like days on which the agent works in this hour; undefined where nothing is known of it. */
function workedShare(baseline: Expectations, at: number): number | undefined {
  return baseline.find("hours", "")?.hourAt(at);
}

export function isWorked(baseline: Expectations, at: number): boolean {
  return (workedShare(baseline, at) ?? 1) >= WORKED_SHARE;
}

/**
 * Whether it works around the clock: in the day before (or, where nothing is known of that, the day after) it is unlikely
 * that several hours in a row go by without work. Single empty hours are no rest.
 */
export function isAlwaysOn(baseline: Expectations, at: number): boolean {
  const idle = Array.from({ length: DAY_HOURS }, (_, hour) => {
    const before = at - hour * HOUR_MS;
    return 1 - Math.min(1, workedShare(baseline, before) ?? workedShare(baseline, before + DAY_HOURS * HOUR_MS) ?? 0);
  });
  return idle.every((_, first) => {
    let chance = 1;
    for (let hour = first; hour < first + REST_HOURS; hour++) chance *= idle[hour % DAY_HOURS] as number;
    return chance < REST_CHANCE;
  });
}
