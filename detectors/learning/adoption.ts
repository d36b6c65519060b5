/**
 * A level that came and stayed becomes what is expected, at once and as a whole: what was learned before it is taken
 * times as much, so that the shape of the week stays. What was flagged must have lasted a week to be adopted.
 */
import { DAY_MS, HOUR_MS } from "../time/zones.ts";
import { ADOPTED_AFTER_MS } from "./flagged.ts";
import type { Level } from "./levels.ts";
import type { Samples, Timeline } from "./timeline.ts";

/** Share of the amount since a step that was flagged, from which on the step is what was flagged. */
const FLAGGED_SHARE = 0.1;

export interface Adopted {
  readonly samples: Samples;
  /** The level, its step only where it is adopted. */
  readonly level: Level | undefined;
}

function flaggedShare({ values, raw }: Samples, from: number): number {
  let [all, flagged] = [0, 0];
  for (let hour = from; hour < raw.length; hour++) {
    all += raw[hour] as number;
    if (Number.isNaN(values[hour])) flagged += raw[hour] as number;
  }
  return all > 0 ? flagged / all : 0;
}

/** Steps of an agent's series that began within a day are one: it began with the first of them. */
export function alignSteps(levels: readonly (Level | undefined)[]): (Level | undefined)[] {
  const begun = levels.flatMap((level) => level?.step?.since ?? []).sort((a, b) => a - b);
  return levels.map((level) => {
    const step = level?.step;
    if (level === undefined || step === undefined) return level;
    const since = begun.find((other) => step.since - other <= DAY_MS) ?? step.since;
    return { ...level, step: { ...step, since } };
  });
}

/** The samples as they would be had the level always been what it is now. */
export function adopt(timeline: Timeline, samples: Samples, level: Level | undefined): Adopted {
  const step = level?.step;
  if (level === undefined || step === undefined) return { samples, level };
  const from = Math.max(samples.first, Math.round((step.since - timeline.start) / HOUR_MS));
  const isFlagged = flaggedShare(samples, from) >= FLAGGED_SHARE;
  // A step is dated to a day of 24 hours: it may have begun up to a day before.
  const lasted = (timeline.hours - from) * HOUR_MS + DAY_MS;
  if (isFlagged && lasted < ADOPTED_AFTER_MS) return { samples, level: { ...level, step: undefined } };
  const values = samples.values.map((value, hour) => (hour < from ? value * step.times : value));
  // It lasted: these hours are what is normal now.
  if (isFlagged) values.set(samples.raw.subarray(from), from);
  return { samples: { ...samples, values, scaled: { before: from, times: step.times } }, level };
}
