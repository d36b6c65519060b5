/**
 * Whether a call repeats far more often than calls of its tool do in this agent: a few repeats say much of a tool whose
 * calls hardly ever repeat, and nothing of one that waits for jobs.
 */
import { callsOf, learnShare, type ToolShares, timesOf } from "../window/tool-shares.ts";
import type { LoopVerdict } from "./judge.ts";
import * as rules from "./rules.ts";
import { countWithin, type TrackedCall } from "./tracked-call.ts";

export interface UsualRepeats {
  /** Calls of each tool, and how many of them repeated an earlier one with an unchanged outcome. */
  readonly shares: ToolShares;
  /** By tool: the most evidence that a call gave and that passed without being said. */
  readonly passed: number[];
}

export function newUsualRepeats(): UsualRepeats {
  return { shares: [], passed: [] };
}

/** The evidence of a call is over: what it came to is usual of its tool, unless it was said. */
function pass({ passed }: UsualRepeats, call: TrackedCall, tool: number): void {
  if (call.peak > rules.REPEAT_EVIDENCE / 2 && !call.said) {
    while (passed.length <= tool) passed.push(0);
    passed[tool] = Math.max(call.peak, (passed[tool] as number) * rules.EVIDENCE_FADE);
  }
  call.peak = 0;
  call.said = false;
}

/** Takes in a call of the tool: a repeat of `call`, or another one. */
export function weighRepeat(usual: UsualRepeats, call: TrackedCall, tool: number, isRepeat: boolean): void {
  if (call.evidence === 0 && call.peak > 0) pass(usual, call, tool);
  const calls = callsOf(usual.shares, tool);
  if (calls < rules.CALLS_TO_KNOW) return;
  const share = (timesOf(usual.shares, tool) + 1) / (calls + rules.CALLS_TO_KNOW);
  if (share >= rules.POLLING_SHARE) return;
  const loop = Math.max(rules.LOOP_SHARE, (1 + share) / 2);
  const change = isRepeat ? Math.log(loop / share) : Math.log((1 - loop) / (1 - share));
  const most = 2 * Math.max(rules.SLOW_EVIDENCE, limitOf(usual, tool, 0));
  call.evidence = Math.min(most, Math.max(0, call.evidence + change));
  call.peak = Math.max(call.peak, call.evidence);
  if (call.evidence === 0) pass(usual, call, tool);
}

function limitOf({ passed }: UsualRepeats, tool: number, least: number): number {
  return Math.max(least, rules.ABOVE_EVIDENCE * (passed[tool] ?? 0));
}

/** The loop that this repeat completes, if it does. */
export function judgeUnusual(
  usual: UsualRepeats,
  call: TrackedCall,
  tool: number,
  at: number,
): LoopVerdict | undefined {
  if (call.evidence < rules.REPEAT_EVIDENCE) return undefined;
  const limit = rules.LEAST_OCCURRENCES;
  const count = countWithin(call, at, rules.SLOW_MS, limit);
  if (count < limit) return undefined;
  const took = at - (call.times.at(-count) ?? at);
  const beat = took / (count - 1);
  const least = beat > rules.SLOW_BEAT_MS ? rules.SLOW_EVIDENCE : rules.REPEAT_EVIDENCE;
  if (call.evidence < limitOf(usual, tool, least)) return undefined;
  return { count, limit, withinMs: Math.max(1000, took), reason: "unusual_repeats" };
}

/** A call that repeats nothing weighs against those of its tool that were repeating. */
export function weighOthers(
  usual: UsualRepeats,
  calls: Iterable<TrackedCall>,
  own: string,
  name: string,
  tool: number,
) {
  for (const call of calls) {
    if (call.evidence > 0 && call.key !== own && call.period === 1 && call.name === name) {
      weighRepeat(usual, call, tool, false);
    }
  }
}

export function learnRepeat({ shares }: UsualRepeats, tool: number, isRepeat: boolean): void {
  learnShare(shares, tool, isRepeat);
}
