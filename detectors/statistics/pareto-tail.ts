/** A generalised Pareto tail by the middle of its peaks, so that the few greatest decide nothing (Pickands 1975). */
import { quantileSorted } from "simple-statistics";

/** The shape is drawn towards a nearly exponential one, which weighs as much as so many peaks. */
const PRIOR_SHAPE = 0.1;
const PRIOR_PEAKS = 100;
const MAX_SHAPE = 0.5;
/** Between 0 and this the formulas are those of an exponential tail. */
const FLAT = 1e-6;

export interface ParetoTail {
  readonly shape: number;
  readonly scale: number;
}

/** Shape by the second and third quartile: Q(p) = scale / shape × ((1 − p)^−shape − 1). Pickands 1975, Ann. Stat. 3. */
export function pickandsShape(half: number, threeQuarters: number): number {
  return half > 0 && threeQuarters > half ? Math.log2((threeQuarters - half) / half) : 0;
}

/** Scale of a tail of this shape with this median. */
export function scaleOfMedian(median: number, shape: number): number {
  return shape < FLAT ? median / Math.LN2 : (shape * median) / (2 ** shape - 1);
}

/**
 * The tail of excesses over where it begins. What an incident left in the history is among the greatest, and what was
 * paged is missing among them; the quartiles hardly know of either.
 */
export function fitTail(excesses: readonly number[]): ParetoTail {
  const sorted = [...excesses].sort((a, b) => a - b);
  const [half, threeQuarters] = [quantileSorted(sorted, 0.5), quantileSorted(sorted, 0.75)];
  const seen = pickandsShape(half, threeQuarters);
  const drawn = (sorted.length * seen + PRIOR_PEAKS * PRIOR_SHAPE) / (sorted.length + PRIOR_PEAKS);
  const shape = Math.min(MAX_SHAPE, Math.max(0, drawn));
  return { shape, scale: scaleOfMedian(half, shape) };
}

/** The excess that a share of the tail lies beyond; 0 for shares from 1 on. */
export function excessBeyond({ shape, scale }: ParetoTail, share: number): number {
  if (share >= 1) return 0;
  return shape < FLAT ? -scale * Math.log(share) : (scale / shape) * (share ** -shape - 1);
}

/** The share of the tail beyond an excess. */
export function shareBeyond({ shape, scale }: ParetoTail, excess: number): number {
  if (excess <= 0) return 1;
  return shape < FLAT ? Math.exp(-excess / scale) : (1 + (shape * excess) / scale) ** (-1 / shape);
}
