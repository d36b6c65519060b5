/** Thresholds at which the whole fleet would have had as many false pages a week as were asked for. */
import type { CalibratedThreshold, CalibrationRecord } from "../../schemas/calibration.ts";
import { excessBeyond, fitTail, shareBeyond } from "../statistics/pareto-tail.ts";
import { DEFAULT_THRESHOLDS } from "./thresholds.ts";

/** What is known of one agent's past; `AgentPeaks` of learning fits. */
export interface PastPeaks {
  readonly series: number;
  readonly windows: number;
  readonly weeks: number;
  readonly peaks: readonly number[];
}

/** Of the false pages asked for, the share of amounts; the rest is for detectors whose limits stand in their own rules. */
const SHARE_OF_AMOUNTS = 0.5;
/** Notes for the digest: so many for each false page. */
const NOTES_A_PAGE = 10;
/** The tail is made of this share of the peaks, and of no fewer than that. */
const TAIL_SHARE = 0.25;
const LEAST_PEAKS = 40;
/** Notes begin no lower than this. */
const LEAST_NOTE = 3;

const short = (value: number): number => Number(value.toPrecision(5));

/**
 * Pools the peaks of all agents, fits the tail and solves for the scores beyond which the shares asked for lie.
 * A threshold is never lower than what independent windows of a perfect model would need (Bonferroni), nor is it trusted
 * below the default while there are too few peaks for a tail.
 * @param asked `alerts.falseAlarmsPerWeek`.
 */
export function calibrate(pasts: Iterable<PastPeaks>, asked: number, at: number): CalibrationRecord | undefined {
  const all = [...pasts].filter(({ windows }) => windows > 0);
  const agentWeeks = all.reduce((sum, { weeks }) => sum + weeks, 0);
  if (agentWeeks <= 0) return undefined;
  const weeks = agentWeeks / all.length;
  const windows = all.reduce((sum, past) => sum + past.windows, 0);
  const peaks = all.flatMap((past) => past.peaks).sort((a, b) => b - a);
  const count = Math.min(peaks.length, Math.max(LEAST_PEAKS, Math.ceil(peaks.length * TAIL_SHARE)));
  const from = peaks[count - 1] ?? 0;
  const pages = asked * SHARE_OF_AMOUNTS;
  const tail = fitTail(count === 0 ? [0] : peaks.slice(0, count).map((peak) => peak - from));
  const perWeek = count / weeks;
  const alone = (rate: number): number => Math.log10(Math.max(1, windows / weeks / rate));
  const least = count < LEAST_PEAKS ? DEFAULT_THRESHOLDS.amounts : { page: 0, note: LEAST_NOTE };
  const scoreAt = (rate: number): number => Math.max(alone(rate), from + excessBeyond(tail, rate / perWeek));
  const page = Math.max(least.page, scoreAt(pages));
  const note = Math.min(page, Math.max(least.note, scoreAt(pages * NOTES_A_PAGE)));
  const rateOf = (score: number): number => perWeek * shareBeyond(tail, score - from);
  const threshold: CalibratedThreshold = {
    score: "amounts",
    ...{ page: short(page), note: short(note), asked: pages },
    ...{ expected: short(rateOf(page)), notes: short(rateOf(note)) },
    ...{ windows, series: all.reduce((sum, past) => sum + past.series, 0), agents: all.length, weeks: short(weeks) },
    ...{ from: short(from), peaks: count, shape: short(tail.shape), scale: short(tail.scale) },
  };
  return { type: "calibration", at, asked, thresholds: [threshold] };
}
