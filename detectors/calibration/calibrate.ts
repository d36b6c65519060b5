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
/** Share of the agents that may be noisy without raising everybody's threshold by more than so many decades. */
const NOISIEST = 0.1;
const MOST_BEYOND = 2;
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

/** What the fleet comes to in a week. */
function aWeek(all: readonly PastPeaks[], countOf: (past: PastPeaks) => number): number {
  return all.reduce((sum, past) => sum + (past.weeks > 0 ? countOf(past) / past.weeks : 0), 0);
}

/** Scores of which so many are exceeded in a week, by the tail of these agents' peaks. */
function tailOf(all: readonly PastPeaks[]) {
  // All peaks, not the greatest of them: incidents that nobody told of are among the greatest, and would hide their like.
  const peaks = all.flatMap((past) => past.peaks).sort((a, b) => b - a);
  const from = peaks.at(-1) ?? 0;
  const tail = fitTail(peaks.length === 0 ? [0] : peaks.map((peak) => peak - from));
  // Each agent by its own weeks: many young ones must not make the peaks of a few old ones look frequent.
  const perWeek = aWeek(all, (past) => past.peaks.length);
  return {
    ...{ from, tail, count: peaks.length },
    scoreAt: (rate: number): number => from + excessBeyond(tail, rate / perWeek),
    rateOf: (score: number): number => perWeek * shareBeyond(tail, score - from),
  };
}

/** All but the noisiest tenth, one at the least. */
function withoutNoisiest(all: readonly PastPeaks[]): readonly PastPeaks[] {
  const noise = ({ peaks }: PastPeaks): number => peaks.reduce((sum, peak) => sum + peak, 0);
  return [...all].sort((a, b) => noise(a) - noise(b)).slice(0, -Math.max(1, Math.floor(all.length * NOISIEST)));
}

/**
 * Pools the peaks of all agents, fits the tail and solves for the scores beyond which the shares asked for lie. A
 * threshold is never lower than what independent windows of a perfect model would need (Bonferroni), nor is it trusted
 * while there are too few peaks for a tail. It is no higher than two decades above that of the fleet without its noisiest
 * agents: a few of them, or one that somebody makes noisy, must not make the watch deaf to all others.
 */
function amountsOf(all: readonly PastPeaks[], fleet: Fleet, asked: number): CalibratedThreshold {
  const windows = all.reduce((sum, past) => sum + past.windows, 0);
  const windowsPerWeek = aWeek(all, (past) => past.windows);
  const pooled = tailOf(all);
  const calmest = withoutNoisiest(all);
  const calm = tailOf(calmest);
  const least = pooled.count < LEAST_PEAKS ? DEFAULT_THRESHOLDS.amounts : { page: 0, note: LEAST_NOTE };
  const scoreAt = (rate: number, floor: number): number => {
    const byChance = Math.max(floor, Math.log10(Math.max(1, windowsPerWeek / rate)));
    if (pooled.count < LEAST_PEAKS) return byChance;
    const most =
      MOST_BEYOND +
      Math.max(byChance, DEFAULT_THRESHOLDS.amounts.page, calm.scoreAt((rate * calmest.length) / all.length));
    return Math.min(most, Math.max(byChance, pooled.scoreAt(rate)));
  };
  const page = scoreAt(asked, least.page);
  const note = Math.min(page, scoreAt(asked * NOTES_A_PAGE, least.note));
  const { from, tail, count, rateOf } = pooled;
  return {
    ...{ score: "amounts", page: short(page), note: short(note), asked, windows, ...fleet, weeks: short(fleet.weeks) },
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
  const callsPerWeek = aWeek(all, (past) => past.calls);
  const least = DEFAULT_THRESHOLDS.evidence;
  const bound = (rate: number): number => Math.log10(Math.max(1, callsPerWeek / rate));
  const [page, note] = [Math.max(least.page, bound(asked)), Math.max(least.note, bound(asked * NOTES_A_PAGE))];
  const rateOf = (score: number): number => short(callsPerWeek * 10 ** -score);
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
