/**
 * How much an agent does of something in all, day by day, and whether that came to stand at another height. A day is
 * compared with what its hours of the day hold on like days, so weekends and nights play no part; logarithms make
 * twice as much and half as much the same distance apart.
 */
import { median, quantile } from "simple-statistics";
import { HOUR_MS } from "../time/zones.ts";
import { CLASSES, classOf, sumBy } from "./estimate.ts";
import type { Samples, Timeline } from "./timeline.ts";

const DAY_HOURS = 24;
/** Share of a mean day's amount below which a day is no working day. */
const WORKING = 0.25;
/** Days of the level now, and of the one a week before. */
const LEVEL_DAYS = 7;
/** Working days that a level is read from, at least. */
const FEWEST = 3;
/** Of all days: what a busy one holds. */
const BUSY = 0.75;
/** Working days before and after a step; three days cannot be filled by what lasts a day. */
const BEFORE = 5;
const AFTER = 3;
/** A step is half as much again, or more. */
const LEAST_STEP = Math.log(1.5);
/** Standard errors that the two sides of a step are apart. */
const CLEAR = 4;
/** Standard deviation of the logarithm of a day, at least. */
const LEAST_SPREAD = 0.1;
/** A step is looked for when the last days are so far above the lowest of this share of all. */
const LOWEST = 0.05;
/** Share of the days before a step that may reach half its height: what happens anyway is none. */
const HAPPENS_ANYWAY = 0.1;
/** Squared deviations by which a step must fit better than growth: a likelihood ratio of e. */
const CLEARLY = 2;
/** Median absolute deviation to standard deviation, of a normal distribution. */
const PER_MAD = 1.4826;

/** What a day held against what its hours hold on like days. */
interface Day {
  /** Start, Unix milliseconds. */
  readonly at: number;
  readonly log: number;
}

/** A level that came and stayed. */
interface Step {
  /** Start of its first day (of 24 hours), Unix milliseconds. */
  readonly since: number;
  /** Times as much as before. */
  readonly times: number;
}

/** Amounts an hour, on average over a week. */
export interface Level {
  /** Median of the last seven days, those that are worked on. */
  readonly now: number;
  /** The same of the seven before. */
  readonly earlier: number;
  /** Upper quartile of all days: honest days hardly pass it by much. */
  readonly busy: number;
  readonly step: Step | undefined;
}

function meanByClass({ cellOf }: Timeline, { raw, first }: Samples): Float64Array {
  const { sum, count } = sumBy(CLASSES, classOf, cellOf.subarray(first), raw.subarray(first));
  return sum.map((total, kind) => total / Math.max(1, count[kind] as number));
}

/** Stretches of 24 hours back from the end, those without work to speak of left out; the oldest first. */
function daysOf(timeline: Timeline, samples: Samples): { readonly days: Day[]; readonly mean: number } {
  const { raw: values, first, unit } = samples;
  const usual = meanByClass(timeline, samples);
  const found: { at: number; held: number; due: number }[] = [];
  for (let end = values.length; end - DAY_HOURS >= first; end -= DAY_HOURS) {
    let [held, due] = [0, 0];
    for (let hour = end - DAY_HOURS; hour < end; hour++) {
      held += values[hour] as number;
      due += usual[classOf(timeline.cellOf[hour] as number)] as number;
    }
    found.unshift({ at: timeline.start + (end - DAY_HOURS) * HOUR_MS, held, due });
  }
  const mean = found.reduce((sum, { due }) => sum + due, 0) / Math.max(1, found.length);
  const days = found
    .filter(({ due }) => due > 0 && due >= WORKING * mean)
    .map(({ at, held, due }) => ({ at, log: Math.log((held + unit) / (due + unit)) }));
  return { days, mean: mean / DAY_HOURS };
}

function spreadOf(logs: readonly number[], level: number): number {
  return Math.max(LEAST_SPREAD, PER_MAD * median(logs.map((log) => Math.abs(log - level))));
}

/** Sum of squared misses, those beyond three deviations counted as such: one wild day decides nothing. */
function missOf(logs: readonly number[], modelled: (index: number) => number, spread: number): number {
  return logs.reduce((sum, log, index) => sum + Math.min(Math.abs(log - modelled(index)), 3 * spread) ** 2, 0);
}

/** Whether days that rise steadily from some day on fit about as well as two levels: as many numbers, another shape. */
function growsInstead(logs: readonly number[], stepMiss: number, spread: number): boolean {
  for (let bend = 0; bend <= logs.length - AFTER; bend++) {
    const flat = bend === 0 ? (logs[0] as number) : median(logs.slice(0, bend));
    const [over, squares] = logs
      .slice(bend)
      .reduce(([up, all], log, index) => [up + (log - flat) * (index + 1), all + (index + 1) ** 2] as const, [
        0, 0,
      ] as readonly [number, number]);
    const slope = over / squares;
    const miss = missOf(logs, (index) => flat + slope * Math.max(0, index - bend + 1), spread);
    if (miss < stepMiss + CLEARLY * spread ** 2) return true;
  }
  return false;
}

/** The step that fits best, the first of those that fit alike: every day since is nearer to the new level than to the old one. */
function stepOf(days: readonly Day[]): Step | undefined {
  const logs = days.map(({ log }) => log);
  if (logs.length < BEFORE + AFTER || median(logs.slice(-AFTER)) - quantile(logs, LOWEST) < LEAST_STEP)
    return undefined;
  let best: { at: number; rise: number; miss: number; spread: number } | undefined;
  for (let at = BEFORE; at <= logs.length - AFTER; at++) {
    const [before, after] = [logs.slice(0, at), logs.slice(at)];
    const level = median(before);
    const rise = median(after) - level;
    if (rise < LEAST_STEP || after.some((log) => log < level + rise / 2)) continue;
    if (before.filter((log) => log >= level + rise / 2).length > HAPPENS_ANYWAY * before.length) continue;
    const spread = spreadOf(before, level);
    if (rise < CLEAR * spread * Math.sqrt(1 / before.length + 1 / after.length)) continue;
    const miss = missOf(logs, (index) => (index < at ? level : level + rise), spread);
    if (best === undefined || miss < best.miss - spread ** 2) best = { at, rise, miss, spread };
  }
  if (best === undefined || growsInstead(logs, best.miss, best.spread)) return undefined;
  return { since: (days[best.at] as Day).at, times: Math.exp(best.rise) };
}

/** The level of a series, with nothing left out that was flagged; undefined while too few days were worked on. */
export function levelOf(timeline: Timeline, samples: Samples): Level | undefined {
  const { days, mean } = daysOf(timeline, samples);
  const end = timeline.start + timeline.hours * HOUR_MS;
  const within = (from: number, to: number): number[] =>
    days
      .filter(({ at }) => at >= end - from * DAY_HOURS * HOUR_MS && at < end - to * DAY_HOURS * HOUR_MS)
      .map((day) => day.log);
  const [now, earlier] = [within(LEVEL_DAYS, 0), within(2 * LEVEL_DAYS, LEVEL_DAYS)];
  if (now.length < FEWEST || earlier.length < FEWEST) return undefined;
  const amount = (log: number): number => mean * Math.exp(log);
  const logs = days.map(({ log }) => log);
  return {
    now: amount(median(now)),
    earlier: amount(median(earlier)),
    busy: amount(quantile(logs, BUSY)),
    step: stepOf(days),
  };
}
