/**
 * The scoring of the Numenta Anomaly Benchmark 1.1, after its published rules (Lavin and Ahmad 2015, arXiv:1510.03336,
 * and the behaviour of its scorer): windows, scaled sigmoid, profiles, threshold by sweep, normalisation.
 */

/** Share of a file that is for learning, and the rows of which it is at most that share. */
const PROBATION = 0.15;
const PROBATION_ROWS = 5000;

export interface LabelledSeries {
  /** Unix milliseconds, in order. */
  readonly times: readonly number[];
  /** First and last moment of each window; both are moments of the series. */
  readonly windows: readonly (readonly [from: number, to: number])[];
}

export interface Profile {
  readonly tpWeight: number;
  readonly fpWeight: number;
  readonly fnWeight: number;
}

/** What a detection at a row is worth before weights: `window` −1 outside of windows; probation is left out. */
interface RowWorth {
  readonly row: number;
  readonly window: number;
  readonly worth: number;
}

export interface Outcome {
  /** 0 says nothing, 100 finds every window at its beginning. */
  readonly score: number;
  readonly threshold: number;
  readonly windows: number;
  readonly found: number;
  readonly falseRows: number;
  /** Unbroken runs of false rows. */
  readonly falseBursts: number;
  readonly cleanRows: number;
}

export interface Judged {
  readonly series: LabelledSeries;
  readonly scores: readonly number[];
}

/** +0.987 at the left edge of a window (−1), 0 at the right, −1 from three widths behind it on. */
export function scaledSigmoid(position: number): number {
  return position >= 3 ? -1 : 2 / (1 + Math.exp(5 * position)) - 1;
}

function worthOfRows({ times, windows }: LabelledSeries): RowWorth[] {
  const probation = Math.min(Math.floor(PROBATION * times.length), PROBATION * PROBATION_ROWS);
  const spans = windows.map(([from, to]) => ({ left: times.indexOf(from), right: times.indexOf(to) }));
  if (spans.some(({ left, right }) => left < 0 || right < left)) throw new Error("a window is not in its series");
  const top = scaledSigmoid(-1);
  return times.flatMap((_, row) => {
    if (row < probation) return [];
    const window = spans.findIndex(({ left, right }) => left <= row && row <= right);
    const span = spans[window];
    if (span !== undefined) {
      const width = span.right - span.left + 1;
      return { row, window, worth: scaledSigmoid(-(span.right - row + 1) / width) / top };
    }
    const before = spans.findLast(({ right }) => right < row);
    const past = before === undefined ? 3 : (row - before.right) / (before.right - before.left);
    return { row, window: -1, worth: scaledSigmoid(past) };
  });
}

interface Candidate extends RowWorth {
  readonly file: number;
  readonly score: number;
}

function candidatesOf(files: readonly Judged[]): Candidate[] {
  return files.flatMap(({ series, scores }, file) => {
    if (scores.length !== series.times.length) throw new Error("a score for every row, please");
    return worthOfRows(series).map((worth) => ({ ...worth, file, score: scores[worth.row] as number }));
  });
}

const keyOf = ({ file, window }: Candidate): string => `${file}|${window}`;

/** The threshold with the greatest raw score; the higher one of equals. Above 1 where silence is best. */
export function bestThreshold(files: readonly Judged[], profile: Profile): number {
  const candidates = candidatesOf(files).sort((a, b) => b.score - a.score);
  const found = new Map<string, number>();
  let raw = 0;
  let best = { raw: 0, threshold: 1.1 };
  candidates.forEach((candidate, index) => {
    if (candidate.window < 0) raw += candidate.worth * profile.fpWeight;
    else {
      const before = found.get(keyOf(candidate)) ?? -profile.fnWeight;
      const now = Math.max(before, candidate.worth * profile.tpWeight);
      found.set(keyOf(candidate), now);
      raw += now - before;
    }
    const isLast = candidates[index + 1]?.score !== candidate.score;
    if (isLast && raw > best.raw) best = { raw, threshold: candidate.score };
  });
  return best.threshold;
}

/** The normalised score of these files together at one threshold. */
export function scoreAt(files: readonly Judged[], profile: Profile, threshold: number): Outcome {
  const candidates = candidatesOf(files);
  const best = new Map<string, number>();
  let raw = 0;
  let falseRows = 0;
  let falseBursts = 0;
  let cleanRows = 0;
  let last: Candidate | undefined;
  for (const candidate of candidates) {
    const said = candidate.score >= threshold;
    if (candidate.window < 0) cleanRows += 1;
    else if (!best.has(keyOf(candidate))) best.set(keyOf(candidate), -profile.fnWeight);
    if (said && candidate.window < 0) {
      raw += candidate.worth * profile.fpWeight;
      falseRows += 1;
      if (last?.file !== candidate.file || last.row !== candidate.row - 1) falseBursts += 1;
      last = candidate;
    } else if (said) {
      const worth = candidate.worth * profile.tpWeight;
      best.set(keyOf(candidate), Math.max(best.get(keyOf(candidate)) as number, worth));
    }
  }
  for (const value of best.values()) raw += value;
  const silent = -profile.fnWeight * best.size;
  const all = files.reduce((total, { series }) => total + series.windows.length, 0);
  const found = [...best.values()].filter((value) => value !== -profile.fnWeight).length;
  const perfect = all * profile.tpWeight;
  const score = perfect === silent ? 0 : (100 * (raw - silent)) / (perfect - silent);
  return { score, threshold, windows: best.size, found, falseRows, falseBursts, cleanRows };
}
