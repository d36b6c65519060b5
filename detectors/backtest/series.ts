/** The product's scoring over the rows of a file: each row judged from what came before it. */
import { createSeriesState, DEFAULT_WARM_UP, scoreRow } from "../series/series-scorer.ts";
import { plural } from "../text/numbers.ts";

/** One row of a series; a row without a number is neither judged nor learned. */
export interface SeriesRow {
  /** Unix milliseconds. */
  readonly at: number;
  readonly value: number | undefined;
}

export interface RowVerdict {
  /** 0 to 1; a row is flagged from 0.5 on. */
  readonly score: number;
  readonly flagged: boolean;
}

/** At most this share of the rows passes before the first is judged. */
const WAIT_SHARE = 0.15;

/** Scores rows in their order at default settings; the same rows give the same verdicts. */
export function backtestSeries(rows: readonly SeriesRow[]): RowVerdict[] {
  const state = createSeriesState();
  const warmUp = Math.min(DEFAULT_WARM_UP, Math.floor(WAIT_SHARE * rows.length));
  return rows.map(({ at, value }) =>
    value === undefined ? { score: 0, flagged: false } : scoreRow(state, at, value, { warmUp }),
  );
}

/** For the terminal, a line per thing. */
export function seriesText(rows: readonly SeriesRow[], verdicts: readonly RowVerdict[]): string {
  const flagged = rows.filter((_, index) => verdicts[index]?.flagged === true);
  const blank = rows.filter(({ value }) => value === undefined).length;
  const lines = [`${plural(rows.length, "row")}, ${flagged.length} flagged`];
  if (blank > 0) lines.push(`${plural(blank, "row")} without a number, neither judged nor learned`);
  for (const { at, value } of flagged) lines.push(`  ${new Date(at).toISOString()}  ${value}`);
  return `${lines.join("\n")}\n`;
}
