/** Whether an amount of the last hour is far above what the baseline expects of exactly that hour. */
import type { Severity } from "../../schemas/finding.ts";
import type { SeriesExpectation } from "../baseline/expectations.ts";
import type { Threshold } from "../calibration/thresholds.ts";
import type { AgentSettings } from "../detector.ts";
import { slidingScore } from "../statistics/sliding-score.ts";
import { HOUR_MS } from "../time/zones.ts";

/** Times the expected amount. At three, two runs of an hourly job that fall into one sliding hour say nothing. */
export const MIN_RATIO = 3;
/** Times the expected amount of both the long and the short history. */
const CRITICAL_RATIO = 6;
/** Standard deviations of the band that is called usual. */
const BAND = 2;

/** Amounts above the expected one below which nothing is said of an agent. */
export interface Floors {
  readonly calls: number;
  /** Dollars. */
  readonly usd: number;
}

/** As somebody wrote, else ten calls and ten cents. */
export function floorsOf({ detectors }: Pick<AgentSettings, "detectors">): Floors {
  return { calls: detectors["tool-frequency"].minExcess, usd: detectors.spend.minExcess };
}

export interface Excess {
  readonly expected: number;
  readonly low: number;
  readonly high: number;
  readonly score: number;
  readonly severity: Severity;
  readonly ratio: number;
}

export interface ExcessQuestion {
  readonly observed: number;
  readonly series: SeriesExpectation;
  readonly from: number;
  readonly to: number;
  /** Amount above the expected one below which nothing is said. */
  readonly minExcess: number;
  /** The agent works at an unusual hour, which is told already: compare with its busiest hour instead. */
  readonly offHours: boolean;
  /** Scores from which on it pages, and from which on it is noted. */
  readonly threshold: Threshold;
}

/**
 * The greatest hour among those that the window touches, one earlier and one later. Within its hour a job comes whenever
 * it comes: twenty minutes of work at 02:05 are no third of an hour's. And a shift that begins early, a job that runs
 * late or another zone's daylight saving moves work by up to an hour.
 */
function generous(series: SeriesExpectation, from: number, to: number, history: "long" | "recent"): number {
  return series.greatest(from - HOUR_MS, to + HOUR_MS, history);
}

/** What is usual in a window of an hour, as a message says it: its greatest hour; undefined where nothing is said of it. */
export function usualIn(series: SeriesExpectation, from: number, to: number): number | undefined {
  return series.covers(from, to) ? series.greatest(from, to, "long") : undefined;
}

const MAX_RATIO = 1e6;

/** Observed over expected, finite also where nothing is expected. */
export function ratioOf(observed: number, expected: number): number {
  return expected > 0 ? Math.min(MAX_RATIO, observed / expected) : MAX_RATIO;
}

/** An excess when the amount is improbable, several times the usual and above the floor; else undefined. */
export function excessOf(question: ExcessQuestion): Excess | undefined {
  const { observed, series, from, to, minExcess, offHours, threshold } = question;
  if (!series.ready || observed < minExcess) return undefined;
  const expected = usualIn(series, from, to);
  if (expected === undefined || observed < MIN_RATIO * expected || observed - expected < minExcess) return undefined;
  const usual = Math.max(generous(series, from, to, "long"), offHours ? series.peak : 0);
  if (observed < MIN_RATIO * usual || observed - usual < minExcess) return undefined;
  const unit = series.unit > 0 ? series.unit : 1;
  const score = slidingScore(observed / unit, usual / unit, series.dispersion);
  if (score < threshold.note) return undefined;
  const recent = generous(series, from, to, "recent");
  const critical = observed >= CRITICAL_RATIO * usual && observed >= CRITICAL_RATIO * recent;
  const spread = BAND * unit * Math.sqrt(expected / unit + series.dispersion * (expected / unit) ** 2);
  return {
    expected,
    low: Math.max(0, expected - spread),
    high: expected + spread,
    score,
    severity: score < threshold.page ? "info" : critical ? "critical" : "warning",
    ratio: ratioOf(observed, expected),
  };
}
