/**
 * How often bursts as great as this value come, by the greatest bursts of the series itself: a rate per row. No sigma
 * is chosen; a heavy tail is as heavy as it was seen to be.
 */

/** Greatest bursts that are kept. */
const KEPT = 40;
/** Fewer bursts say nothing about the shape of a tail. */
const LEAST = 8;
/** The tail is made of at most this share of the rows. */
const TAIL_SHARE = 1 / 20;
/** Rows below the tail that end a burst, and rows after which one is counted although it goes on. */
const APART = 12;
const LONGEST = 72;
/** The shape is drawn towards a slightly heavy one that weighs as much as so many bursts, and held within a range. */
const PRIOR_SHAPE = 0.15;
const PRIOR_WEIGHT = 20;
const MAX_SHAPE = 0.5;
/** Equal peaks do not make the next a miracle: least scale, in deviations, and as a share of where the tail begins. */
const MIN_SCALE = 0.25;
const MIN_SCALE_SHARE = 0.08;
/** Where a tail without bursts is taken to begin, and its scale there, in deviations. */
const UNKNOWN_FROM = 3;
const UNKNOWN_SCALE = 1;

/** Plain data; 40 numbers at most. */
export interface TailRate {
  rows: number;
  /** Greatest value of each burst, the greatest first. */
  readonly peaks: number[];
  /** Greatest value of the burst that goes on; 0 when none. */
  open: number;
  /** Rows since it began, and since it was last in the tail. */
  age: number;
  gap: number;
}

export function createTailRate(): TailRate {
  return { rows: 0, peaks: [], open: 0, age: 0, gap: 0 };
}

/** Takes the value of one row in. Values up to 0 are never part of a burst. */
export function learnTail(tail: TailRate, value: number): void {
  tail.rows += 1;
  if (value > (tail.peaks[KEPT - 1] ?? 0)) {
    tail.open = Math.max(tail.open, value);
    tail.gap = 0;
  }
  if (tail.open === 0) return;
  tail.age += 1;
  tail.gap += 1;
  if (tail.gap <= APART && tail.age < LONGEST) return;
  let at = tail.peaks.length;
  while (at > 0 && (tail.peaks[at - 1] as number) < tail.open) at -= 1;
  tail.peaks.splice(at, 0, tail.open);
  if (tail.peaks.length > KEPT) tail.peaks.pop();
  tail.open = 0;
  tail.age = 0;
}

/**
 * Generalised Pareto fitted to excesses, in descending order, by probability-weighted moments (Hosking and Wallis 1987,
 * Technometrics 29: shape 2 − a/(a − 2b), a the mean, b the mean weighted by the share above).
 */
export function paretoShape(excesses: readonly number[]): number {
  const last = excesses.length - 1;
  let mean = 0;
  let weighted = 0;
  excesses.forEach((excess, index) => {
    mean += excess / excesses.length;
    weighted += (excess * (index / last)) / excesses.length;
  });
  return mean > 2 * weighted ? 2 - mean / (mean - 2 * weighted) : MAX_SHAPE;
}

/** Share of a generalised Pareto distribution beyond an excess; exponential towards shape 0. Pickands 1975. */
export function paretoBeyond(excess: number, shape: number, scale: number): number {
  return shape < 1e-6 ? Math.exp(-excess / scale) : (1 + (shape * excess) / scale) ** (-1 / shape);
}

/** Bursts per row, between 0 and 1, that reach the value; 1 within the bulk. */
export function tailRate(tail: TailRate, value: number): number {
  const { rows, peaks } = tail;
  if (value <= 0 || rows === 0) return 1;
  const wanted = Math.min(KEPT, Math.max(LEAST, Math.floor(rows * TAIL_SHARE)));
  const count = Math.min(peaks.length, wanted);
  if (count < LEAST) {
    const from = Math.max(UNKNOWN_FROM, peaks[0] ?? 0);
    return value <= from ? 1 : Math.exp((from - value) / Math.max(UNKNOWN_SCALE, from / 4)) / rows;
  }
  const from = peaks[count - 1] as number;
  if (value <= from) return 1;
  const excesses = peaks.slice(0, count).map((peak) => peak - from);
  const seen = Math.max(-0.5, Math.min(1, paretoShape(excesses)));
  const drawn = (count * seen + PRIOR_WEIGHT * PRIOR_SHAPE) / (count + PRIOR_WEIGHT);
  const shape = Math.min(MAX_SHAPE, Math.max(0, drawn));
  const mean = excesses.reduce((total, excess) => total + excess, 0) / count;
  const scale = Math.max(mean * (1 - shape), MIN_SCALE, MIN_SCALE_SHARE * from);
  return (count / rows) * paretoBeyond(value - from, shape, scale);
}
