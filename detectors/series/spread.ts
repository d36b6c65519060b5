/**
 * How far a series strays from what is expected, by how much is expected: a line through mean misses over levels. Flat
 * for noise that is always the same, through the origin for money and latency, between the two for counts; the data say.
 */
import { LONG_ROWS } from "./level.ts";

/** Mean absolute deviation to standard deviation of a normal distribution: √(π/2). */
const TO_DEVIATION = Math.sqrt(Math.PI / 2);
/** Where little is expected the deviation is at least this share of the overall one. */
const LEAST_SHARE = 0.25;
/** One miss counts at most so many mean ones. */
const REACH = 5;
const SETTLED = 30;

/** Moving means; plain data. */
export interface Spread {
  rows: number;
  miss: number;
  level: number;
  /** Of level squared, and of level times miss. */
  square: number;
  product: number;
}

export function createSpread(): Spread {
  return { rows: 0, miss: 0, level: 0, square: 0, product: 0 };
}

/** Deviation to be expected at a level, never below `floor`. */
export function deviation({ miss, level, square, product }: Spread, at: number, floor: number): number {
  const variance = square - level * level;
  const slope = variance > 1e-9 * square ? Math.max(0, (product - miss * level) / variance) : 0;
  const steepest = level > 0 ? miss / level : 0;
  const line = miss + Math.min(slope, steepest) * (Math.abs(at) - level);
  return Math.max(TO_DEVIATION * Math.max(line, LEAST_SHARE * miss), floor);
}

export function learnSpread(spread: Spread, at: number, missed: number): void {
  const level = Math.abs(at);
  spread.rows += 1;
  const share = 1 / Math.min(spread.rows, LONG_ROWS);
  const settled = spread.rows > SETTLED && spread.miss > 0;
  const miss = settled ? Math.min(missed, REACH * spread.miss) : missed;
  spread.miss += (miss - spread.miss) * share;
  spread.level += (level - spread.level) * share;
  spread.square += (level * level - spread.square) * share;
  spread.product += (level * miss - spread.product) * share;
}
