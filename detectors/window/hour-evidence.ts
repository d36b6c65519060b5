/** What an hour's amount says for three times the usual, and what is usual in an hour when several are added up. */
import type { SeriesExpectation } from "../baseline/expectations.ts";
import { HOUR_MS } from "../time/zones.ts";

/** Times the usual that is looked for. */
const TIMES = 3;

/** ln of the likelihood ratio of a mean `TIMES` as high, for a negative binomial count of steps. */
export function gainOf(steps: number, mean: number, dispersion: number): number {
  const usual = 1 + dispersion * mean;
  const high = 1 + dispersion * TIMES * mean;
  return steps * Math.log((TIMES * usual) / high) - Math.log(high / usual) / dispersion;
}

/**
 * The hour with its neighbours (Hann's 1 : 2 : 1), as work moves by a little and single cells are known but roughly; −1
 * where nothing is known. Work that came an hour late is missing in its own hour, which takes back what it gave.
 */
export function usualOf(series: SeriesExpectation, hour: number): number {
  const at = hour * HOUR_MS;
  const own = series.ready ? series.hourAt(at) : undefined;
  if (own === undefined) return -1;
  return (2 * own + (series.hourAt(at - HOUR_MS) ?? own) + (series.hourAt(at + HOUR_MS) ?? own)) / 4;
}

/** The greatest of the hour and its neighbours, by the long and the short history. */
export function mostOf(series: SeriesExpectation, hour: number): number {
  const [from, to] = [(hour - 1) * HOUR_MS, (hour + 2) * HOUR_MS];
  return Math.max(series.greatest(from, to, "long"), series.greatest(from, to, "recent"));
}
