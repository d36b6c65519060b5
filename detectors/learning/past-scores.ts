/** The past hours of a series, judged as live ones are, each by the others: what scores come without an incident. */
import { countScore } from "../statistics/count-score.ts";
import { HOUR_MS } from "../time/zones.ts";
import { MIN_RATIO } from "../window/excess.ts";
import { NEEDED_DAYS } from "./cells.ts";
import type { Estimate } from "./estimate.ts";
import { type Samples, type Timeline, timesAt } from "./timeline.ts";

/** Lower scores are the bulk and say nothing about the tail. */
const LEAST_SCORE = 2;

export interface PastScore {
  /** Start of the hour, Unix milliseconds. */
  readonly at: number;
  readonly score: number;
}

export interface PastScores {
  /** Hours that were judged. */
  readonly windows: number;
  /** Those from `LEAST_SCORE` on, oldest first. */
  readonly scores: readonly PastScore[];
}

export interface Quiet {
  readonly minExcess: number;
  /** Starts of hours in which the agent paged, for whatever it was: they are not quiet. */
  readonly told: ReadonlySet<number>;
}

/**
 * Scores of a series' own history. An hour is held against what the others predict of it and of its neighbours; the
 * floors and ratios of live judgement apply. Hours that were flagged are left out, and so are series still learning.
 */
export function pastScores(
  timeline: Timeline,
  samples: Samples,
  estimate: Estimate,
  { minExcess, told }: Quiet,
): PastScores {
  const { values, first } = samples;
  const { unit, dispersion, expected, predicted } = estimate;
  const scores: PastScore[] = [];
  let windows = 0;
  const isKnown = timeline.hours - first >= NEEDED_DAYS * 24;
  const usualOf = (index: number): number => {
    const alone = predicted[index];
    return alone === undefined || Number.isNaN(alone) ? (expected[timeline.cellOf[index] as number] as number) : alone;
  };
  for (let index = first; isKnown && index < values.length; index++) {
    // Judged at the level of its time, as it was counted then.
    const times = timesAt(samples, index);
    const value = (values[index] as number) / times;
    if (Number.isNaN(value) || told.has(timeline.start + index * HOUR_MS)) continue;
    windows++;
    if (value < minExcess) continue;
    const around = [Math.max(first, index - 1), index, Math.min(index + 1, values.length - 1)];
    const usual = Math.max(...around.map(usualOf)) / times;
    if (value < MIN_RATIO * usual || value - usual < minExcess) continue;
    const score = countScore(value / unit, usual / unit, dispersion);
    if (score >= LEAST_SCORE) scores.push({ at: timeline.start + index * HOUR_MS, score });
  }
  return { windows, scores };
}
