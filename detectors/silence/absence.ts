/** How improbable it is to hear nothing from an agent between two moments, by its own baseline. */
import type { Expectations, SeriesExpectation } from "../baseline/expectations.ts";
import { HOUR_MS } from "../time/zones.ts";
import { WORKED_SHARE } from "./rules.ts";

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

/** Steps that are due in a span, hour by hour; undefined where the baseline says nothing of it any more. */
function* hoursOf(series: SeriesExpectation, from: number, to: number, counts: Counts) {
  const unit = series.unit > 0 ? series.unit : 1;
  for (let begin = from; begin < to; ) {
    const end = Math.min(to, (Math.floor(begin / HOUR_MS) + 1) * HOUR_MS);
    const calls = series.between(begin, end, "long");
    if (calls === undefined) return;
    yield { begin, end, calls: counts(begin) ? calls : 0, unit };
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
  for (const { begin, end, calls, unit } of hoursOf(series, from, limit.until, counts)) {
    const more = scoreOfNothing(calls / unit, series.dispersion);
    const share = Math.max(part(limit.score - score, more), part(limit.steps - steps, calls / unit));
    if (share <= 1) return Math.ceil(begin + share * (end - begin));
    score += more;
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

/** Whether it works around the clock: in each hour of the day before, or else of the day after. */
export function isAlwaysOn(baseline: Expectations, at: number): boolean {
  for (let hour = 0; hour < DAY_HOURS; hour++) {
    const before = at - hour * HOUR_MS;
    const share = workedShare(baseline, before) ?? workedShare(baseline, before + DAY_HOURS * HOUR_MS) ?? 0;
    if (share < WORKED_SHARE) return false;
  }
  return true;
}
