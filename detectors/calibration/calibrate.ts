/** Thresholds at which the whole fleet would have had as many false pages a week as were asked for. */
import type { CalibratedThreshold, CalibrationRecord } from "../../schemas/calibration.ts";
import { excessBeyond, fitTail, shareBeyond } from "../statistics/pareto-tail.ts";
import { DEFAULT_THRESHOLDS } from "./thresholds.ts";

/** What is known of one agent's past; `AgentPeaks` of learning fits. */
export interface PastPeaks {
  readonly series: number;
  readonly windows: number;
  readonly calls: number;
  readonly weeks: number;
  readonly peaks: readonly number[];
}

/**
 * Of the false pages asked for: half for amounts, a tenth each for the share of failures and for resources; the rest is
 * for detectors whose limits stand in their own rules.
 */
const SHARE_OF_AMOUNTS = 0.5;
const SHARE_OF_EVIDENCE = 0.1;
/** Notes for the digest: so many for each false page. */
const NOTES_A_PAGE = 10;
/** Fewer peaks are no tail. */
const LEAST_PEAKS = 40;
/**
 * However wild the past is, a threshold stands no higher than this above what chance alone would take: a few noisy
 * agents, or incidents that nobody told of, must not make the watch deaf to all others.
 */
const MOST_BEYOND_CHANCE = 2;
/** Notes begin no lower than this. */
const LEAST_NOTE = 3;

const short = (value: number): number => Number(value.toPrecision(5));

/** What all agents are together. */
interface Fleet {
  readonly agents: number;
  readonly series: number;
  /** Mean over the agents. */
  readonly weeks: number;
}

/**
 * Pools the peaks of all agents, fits the tail and solves for the scores beyond which the shares asked for lie. A
 * threshold is never lower than what independent windows of a perfect model would need (Bonferroni), nor is it trusted
 * below the default while there are too few peaks for a tail.
 */
function amountsOf(all: readonly PastPeaks[], fleet: Fleet, asked: number): CalibratedThreshold {
  const { weeks } = fleet;
  const windows = all.reduce((sum, past) => sum + past.windows, 0);
  // All peaks, not the greatest of them: incidents that nobody told of are among the greatest, and would hide their like.
  const peaks = all.flatMap((past) => past.peaks).sort((a, b) => b - a);
  const count = peaks.length;
  const from = peaks[count - 1] ?? 0;
  const tail = fitTail(count === 0 ? [0] : peaks.map((peak) => peak - from));
  const perWeek = count / weeks;
  const alone = (rate: number): number => Math.log10(Math.max(1, windows / weeks / rate));
  const least = count < LEAST_PEAKS ? DEFAULT_THRESHOLDS.amounts : { page: 0, note: LEAST_NOTE };
  const scoreAt = (rate: number): number => Math.max(alone(rate), from + excessBeyond(tail, rate / perWeek));
  const byChance = Math.max(DEFAULT_THRESHOLDS.amounts.page, alone(asked));
  const most = byChance + (count < LEAST_PEAKS ? 0 : MOST_BEYOND_CHANCE);
  const page = Math.min(most, Math.max(least.page, scoreAt(asked)));
  const note = Math.min(page, Math.max(least.note, scoreAt(asked * NOTES_A_PAGE)));
  const rateOf = (score: number): number => perWeek * shareBeyond(tail, score - from);
  return {
    ...{ score: "amounts", page: short(page), note: short(note), asked, windows, ...fleet, weeks: short(weeks) },
    ...{ expected: short(rateOf(page)), notes: short(rateOf(note)) },
    tail: { from: short(from), peaks: count, shape: short(tail.shape), scale: short(tail.scale) },
  };
}

/**
 * Evidence that adds up from call to call and falls back to 0 reaches a likelihood ratio of L by chance no more often
 * than once in L calls (Lorden 1971, Ann. Math. Stat. 42), so calls a week over false pages a week is what it takes.
 */
function evidenceOf(all: readonly PastPeaks[], fleet: Fleet, asked: number): CalibratedThreshold {
  const calls = all.reduce((sum, past) => sum + past.calls, 0);
  const least = DEFAULT_THRESHOLDS.evidence;
  const bound = (rate: number): number => Math.log10(Math.max(1, calls / fleet.weeks / rate));
  const [page, note] = [Math.max(least.page, bound(asked)), Math.max(least.note, bound(asked * NOTES_A_PAGE))];
  const rateOf = (score: number): number => short((calls / fleet.weeks) * 10 ** -score);
  return {
    ...{ score: "evidence", page: short(page), note: short(note), asked, windows: calls },
    ...{ ...fleet, weeks: short(fleet.weeks), expected: rateOf(page), notes: rateOf(note) },
  };
}

/**
 * Calibrates from the past of every agent; undefined while nothing of it is judged.
 * @param asked `alerts.falseAlarmsPerWeek`.
 */
export function calibrate(pasts: Iterable<PastPeaks>, asked: number, at: number): CalibrationRecord | undefined {
  const all = [...pasts].filter(({ windows }) => windows > 0);
  const agentWeeks = all.reduce((sum, { weeks }) => sum + weeks, 0);
  if (agentWeeks <= 0) return undefined;
  const series = all.reduce((sum, past) => sum + past.series, 0);
  const fleet: Fleet = { agents: all.length, series, weeks: agentWeeks / all.length };
  const thresholds = [
    amountsOf(all, fleet, asked * SHARE_OF_AMOUNTS),
    evidenceOf(all, fleet, asked * SHARE_OF_EVIDENCE),
  ];
  return { type: "calibration", at, asked, thresholds };
}
