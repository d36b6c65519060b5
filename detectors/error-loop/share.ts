/** Whether more calls fail than usual, whichever they are: each is held against the share of its own tool. */
import type { Threshold } from "../calibration/thresholds.ts";
import { countScore } from "../statistics/count-score.ts";
import { callsOf, shareAbove, type ToolShares, timesOf, totalOf } from "../window/tool-shares.ts";
import * as rules from "./rules.ts";

export interface Share {
  /** Log likelihood ratio of "2.5 times as many fail" to "as usual", since it was last 0. */
  evidence: number;
  peak: number;
  calls: number;
  failures: number;
  expected: number;
  from: number;
  /** The greatest peak that passed without a word. */
  most: number;
  /** When this stretch was first told as a page, and when it was first noted; 0: it was not. */
  saidAt: number;
  /** Absent in what releases without it wrote. */
  notedAt?: number;
}

export interface ShareExcess {
  /** log10 of the likelihood ratio. */
  readonly score: number;
  /** Beyond what pages, not only beyond what is noted. */
  readonly isPage: boolean;
  readonly ratio: number;
}

export function newShare(): Share {
  return { evidence: 0, peak: 0, calls: 0, failures: 0, expected: 0, from: 0, most: 0, saidAt: 0, notedAt: 0 };
}

const wasFlagged = ({ saidAt, notedAt = 0 }: Share): boolean => saidAt !== 0 || notedAt !== 0;

/** Begins anew. What passed without a word, not even a note, of this or another detector, is a habit. */
export function endShare(share: Share, wasTold = wasFlagged(share)): void {
  if (!wasTold && share.failures > 1) share.most = Math.max(share.peak, share.most * rules.FADE);
  Object.assign(share, { evidence: 0, peak: 0, calls: 0, failures: 0, expected: 0, from: 0, saidAt: 0, notedAt: 0 });
}

/** It is said, as a page or as a note. */
export function noteShare(share: Share, { isPage }: ShareExcess, now: number): void {
  if (isPage && share.saidAt === 0) share.saidAt = now;
  if (!isPage && !wasFlagged(share)) share.notedAt = now;
}

/** Nats that it takes. */
function limitOf(share: Share, score: number): number {
  return Math.max(score * Math.LN10, rules.ABOVE_HABIT * share.most);
}

export interface WeighedCall {
  readonly tool: number;
  readonly failed: boolean;
  readonly at: number;
  readonly threshold: Threshold;
}

/** Takes in a call; tools that are hardly known say nothing. */
export function weighShare(share: Share, outcomes: ToolShares, { tool, failed, at, threshold }: WeighedCall): void {
  if (!failed && share.evidence === 0) return;
  const calls = callsOf(outcomes, tool);
  if (calls < rules.PRIOR_CALLS) return;
  const usual = shareAbove(calls, timesOf(outcomes, tool));
  const more = Math.min((1 + usual) / 2, rules.SHARE_TIMES * usual);
  if (share.evidence === 0) share.from = at;
  share.calls++;
  share.expected += usual;
  if (failed) share.failures++;
  const change = failed ? Math.log(more / usual) : Math.log((1 - more) / (1 - usual));
  share.evidence = Math.min(2 * limitOf(share, threshold.page), Math.max(0, share.evidence + change));
  share.peak = Math.max(share.peak, share.evidence);
  if (share.evidence === 0) endShare(share);
}

/** The excess, when it is improbable by the agent's own history, several times the usual and above the floor. */
export function shareExcess(share: Share, outcomes: ToolShares, threshold: Threshold): ShareExcess | undefined {
  const { evidence, failures, expected } = share;
  if (evidence < limitOf(share, threshold.note) || failures - expected < rules.LEAST_EXCESS) return undefined;
  if (failures < rules.LEAST_TIMES * expected) return undefined;
  const known = totalOf(outcomes);
  if (known.calls < rules.CALLS_TO_TRUST) return undefined;
  // A Poisson count whose mean is known from so many failures is negative binomial.
  const score = countScore(failures, expected, 1 / (known.times + 1));
  if (score < rules.LEAST_SCORE) return undefined;
  const isPage = evidence >= limitOf(share, threshold.page);
  return { score: evidence / Math.LN10, isPage, ratio: failures / expected };
}
