/** The greatest scores of one agent's past, what came together taken as one. */
import type { PastScore, PastScores } from "./past-scores.ts";

/** Exceedances nearer together than this are one: runs declustering (Smith and Weissman 1994). An incident goes on as long. */
const TOGETHER_MS = 3 * 3_600_000;
/** Greatest peaks kept of one agent. */
const KEPT = 64;

/** What calibration takes of an agent. */
export interface AgentPeaks {
  readonly agent: string;
  /** Series that were judged, their windows, and the weeks of history. */
  readonly series: number;
  readonly windows: number;
  readonly weeks: number;
  /** All calls of that time. */
  readonly calls: number;
  /** Greatest score of each cluster. */
  readonly peaks: readonly number[];
}

/** Peaks over all series of an agent: one cause shows in several of them. */
export function agentPeaks(
  agent: string,
  { weeks, calls }: Pick<AgentPeaks, "weeks" | "calls">,
  all: readonly PastScores[],
): AgentPeaks {
  const scores = all.flatMap((past): readonly PastScore[] => past.scores).sort((a, b) => a.at - b.at);
  const peaks: number[] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (const { at, score } of scores) {
    if (at - last > TOGETHER_MS) peaks.push(score);
    else peaks.push(Math.max(score, peaks.pop() ?? 0));
    last = at;
  }
  peaks.sort((a, b) => b - a);
  const judged = all.filter(({ windows }) => windows > 0);
  const windows = judged.reduce((sum, past) => sum + past.windows, 0);
  return { agent, weeks, calls, series: judged.length, windows, peaks: peaks.slice(0, KEPT) };
}
