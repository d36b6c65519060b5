/**
 * What is normal in each hour of the week: the mean of its samples, drawn towards the same hour of like days
 * (weekdays, weekend), and that towards all hours, the more so the fewer samples there are.
 */
import { median } from "simple-statistics";
import { type Samples, type Timeline, timesAt } from "./timeline.ts";

export const CELLS = 168;
/** Hours of a weekday and of a day of the weekend. */
export const CLASSES = 48;
const SATURDAY = 120;
/** How many samples the fallback weighs. */
const CLASS_WEIGHT = 2;
const OVERALL_WEIGHT = 0.5;
/** It weighs half a step at the least (Jeffreys' prior of a rate): hours without work say little where there is hardly any. */
const OVERALL_STEPS = 0.5;
/** The greatest sample of a cell counts at most so many times the next, and so many steps more: one wild hour moves little. */
const CLIP_TIMES = 3;
const CLIP_STEPS = 5;
/** Share of the widest misses that is cut down. */
const CUT = 0.005;
/** Hours that are predicted to hold less say nothing about how work comes; so many of the others it takes. */
const LEAST_MEAN = 0.1;
const LEAST_HOURS = 40;
/** No estimate is better than a tenth. */
const MIN_DISPERSION = 0.01;

export interface Estimate {
  /** Expected amount by hour of the week. */
  readonly expected: Float64Array;
  /** Samples by hour of the week. */
  readonly samples: Uint16Array;
  /** Size of one step, clumps taken in: work that comes in runs of six moves in steps of six. */
  readonly unit: number;
  /** Over-dispersion of hours against a prediction from the other weeks, on the scale of the unit. */
  readonly dispersion: number;
  /** By hour of the timeline, what all others predict of it; NaN where it is left out or before the series began. */
  readonly predicted: Float64Array;
}

/** The same hour of the day among weekdays, or among the days of a weekend. */
export function classOf(cell: number): number {
  return (cell >= SATURDAY ? 24 : 0) + (cell % 24);
}

interface Sums {
  readonly sum: Float64Array;
  readonly count: Uint16Array;
}

/** Sums and counts of the samples of each key; those left out (NaN) count for none. */
export function sumBy(size: number, keyOf: (cell: number) => number, cells: Uint8Array, values: Float64Array): Sums {
  const total = new Float64Array(size);
  const count = new Uint16Array(size);
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as number;
    if (Number.isNaN(value)) continue;
    const key = keyOf(cells[index] as number);
    total[key] = (total[key] as number) + value;
    count[key] = (count[key] as number) + 1;
  }
  return { sum: total, count };
}

/** Median of the samples of each class: what one wild hour does not move. */
function classMedians(cells: Uint8Array, values: Float64Array): number[] {
  const byClass = Array.from({ length: CLASSES }, (): number[] => []);
  values.forEach((value, index) => {
    if (!Number.isNaN(value)) byClass[classOf(cells[index] as number)]?.push(value);
  });
  return byClass.map((samples) => (samples.length === 0 ? 0 : median(samples)));
}

/** Cuts the greatest sample of each cell to what the others and like hours make plausible. */
function clip(cells: Uint8Array, values: Float64Array, unit: number): Float64Array {
  const clipped = values.slice();
  const top = new Int32Array(CELLS).fill(-1);
  const second = new Float64Array(CELLS);
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as number;
    const cell = cells[index] as number;
    const best = top[cell] as number;
    if (best < 0 || value > (values[best] as number)) {
      if (best >= 0) second[cell] = values[best] as number;
      if (!Number.isNaN(value)) top[cell] = index;
    } else if (value > (second[cell] as number)) second[cell] = value;
  }
  const medians = classMedians(cells, values);
  top.forEach((index, cell) => {
    if (index < 0) return;
    const plausible = Math.max(second[cell] as number, medians[classOf(cell)] as number);
    clipped[index] = Math.min(values[index] as number, CLIP_TIMES * plausible + CLIP_STEPS * unit);
  });
  return clipped;
}

/** Hours held against what all others predict of them, in steps. */
interface Misses {
  /** What was predicted. */
  readonly mean: Float64Array;
  /** How far the hour was from that, squared. */
  readonly squared: Float64Array;
  /** 1 where work was ever seen at this hour of like days: else what is predicted is the share of all hours only. */
  readonly isWorked: Uint8Array;
}

/** The widest value counts as much as the widest that is not among the cut, so that a wild hour blinds nobody. */
function winsorisedSum(values: Float64Array): number {
  const sorted = values.slice().sort();
  const widest = sorted[Math.ceil(sorted.length * (1 - CUT)) - 1] ?? 0;
  return sumOf(sorted.map((value) => Math.min(value, widest)));
}

function sumOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/**
 * How many steps come at once. Runs widen every hour in proportion to its mean, dispersion in proportion to the square,
 * so it is in the hours of little work that the two can be told apart.
 */
function clumpOf({ mean, squared, isWorked }: Misses): number {
  const worked = mean.filter((value, index) => isWorked[index] === 1 && value >= LEAST_MEAN).sort();
  const half = Math.ceil(worked.length / 2);
  if (half < LEAST_HOURS) return 1;
  const least = worked[half - 1] as number;
  const isQuiet = (index: number): boolean => {
    const value = mean[index] as number;
    return isWorked[index] === 1 && value >= LEAST_MEAN && value <= least;
  };
  const quiet = squared.filter((_, index) => isQuiet(index));
  return Math.max(1, winsorisedSum(quiet) / sumOf(mean.filter((_, index) => isQuiet(index))));
}

/** Over-dispersion by the method of moments over leave-one-out predictions: E(x − m)² = clump × m + dispersion × m². */
function dispersionOf({ mean, squared }: Misses, clump: number): number {
  const excess = winsorisedSum(squared.map((value, index) => value - clump * (mean[index] as number)));
  const squares = sumOf(mean.map((value) => value * value));
  return squares > 0 ? Math.max(MIN_DISPERSION, excess / squares) : MIN_DISPERSION;
}

/** Estimates a series from hour `from` of the timeline on. */
export function estimate(timeline: Timeline, samples: Samples, from = 0): Estimate {
  const { values: all, unit, first } = samples;
  const begin = Math.max(from, first);
  const cells = timeline.cellOf.subarray(begin);
  const raw = all.subarray(begin);
  const values = clip(cells, raw, unit);
  const cell = sumBy(CELLS, (key) => key, cells, values);
  const like = sumBy(CLASSES, classOf, cells, values);
  const total = sumBy(1, () => 0, cells, values);
  const overall = (total.count[0] as number) > 0 ? (total.sum[0] as number) / (total.count[0] as number) : 0;

  const weight = overall > 0 ? Math.max(OVERALL_WEIGHT, (OVERALL_STEPS * unit) / overall) : OVERALL_WEIGHT;

  /** The prediction for a cell with one of its samples taken out (or none). */
  function predict(key: number, without: number, taken: 0 | 1): number {
    const kind = classOf(key);
    const likeSum = (like.sum[kind] as number) - without + weight * overall;
    const likeMean = likeSum / ((like.count[kind] as number) - taken + weight);
    const drawn = (cell.sum[key] as number) - without + CLASS_WEIGHT * likeMean;
    return drawn / ((cell.count[key] as number) - taken + CLASS_WEIGHT);
  }

  const [mean, squared] = [new Float64Array(values.length), new Float64Array(values.length)];
  const isWorked = new Uint8Array(values.length);
  let judged = 0;
  const predicted = new Float64Array(all.length).fill(Number.NaN);
  for (let index = 0; index < values.length; index++) {
    const value = raw[index] as number;
    if (Number.isNaN(value)) continue;
    const alone = Math.max(0, predict(cells[index] as number, values[index] as number, 1));
    predicted[begin + index] = alone;
    // In steps as they were counted: what was taken times as much does not come in clumps for that.
    const step = unit * timesAt(samples, begin + index);
    mean[judged] = alone / step;
    squared[judged] = (value / step - alone / step) ** 2;
    isWorked[judged] = (like.sum[classOf(cells[index] as number)] as number) > 0 ? 1 : 0;
    judged++;
  }
  const misses = {
    mean: mean.subarray(0, judged),
    squared: squared.subarray(0, judged),
    isWorked: isWorked.subarray(0, judged),
  };
  const expected = Float64Array.from({ length: CELLS }, (_, key) => Math.max(0, predict(key, 0, 0)));
  const clump = clumpOf(misses);
  const dispersion = dispersionOf(misses, clump);
  return { expected, samples: cell.count, unit: unit * clump, dispersion, predicted };
}
