/** How improbable it is to hear nothing from an agent between two moments, by its own baseline. */
import type { Expectations, SeriesExpectation } from "../baseline/expectations.ts";
import { HOUR_MS } from "../time/zones.ts";
import { ALWAYS_SHARE, ALWAYS_STEPS } from "./rules.ts";

const DAY_HOURS = 24;

export interface Absence {
  /** −log10 of the chance of nothing, hours taken as independent given the agent's over-dispersion. */
  readonly score: number;
  /** Calls that should have been heard, and in how many steps. */
  readonly calls: number;
  readonly steps: number;
}

/** Whether an hour counts: outside declared hours nothing is expected. */
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

/** Whether the agent works around the clock: no hour of a day and no night without some. */
export function isAlwaysOn(baseline: Expectations, at: number): boolean {
  const series = baseline.find("calls", "");
  if (series === undefined) return false;
  const unit = series.unit > 0 ? series.unit : 1;
  const hours = Array.from(
    { length: DAY_HOURS },
    (_, hour) => series.hourAt(at - hour * HOUR_MS) ?? series.hourAt(at + hour * HOUR_MS) ?? 0,
  );
  const mean = hours.reduce((sum, calls) => sum + calls, 0) / DAY_HOURS;
  return hours.every((calls) => calls >= ALWAYS_SHARE * mean && calls / unit >= ALWAYS_STEPS);
}
