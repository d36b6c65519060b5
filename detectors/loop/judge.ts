/** Whether a repetition is a loop: as configured, else above the agent's own habit, else above the stated limit. */
import type { AgentSettings } from "../detector.ts";
import { isTrusted, limitAbove, usualCount } from "./habit.ts";
import * as rules from "./rules.ts";
import { countWithin, isSteady, type TrackedCall } from "./tracked-call.ts";

export interface LoopVerdict {
  readonly count: number;
  readonly limit: number;
  readonly withinMs: number;
  readonly reason: "configured_limit" | "over_own_rate" | "warm_up_limit" | "unusual_repeats";
}

/** The limits that one call or cycle is held to, the widest span last. */
export interface Limits {
  readonly spans: readonly { readonly limit: number; readonly withinMs: number }[];
  readonly reason: LoopVerdict["reason"];
}

/**
 * Limits of a call: `repeats` and `within` as written, or what is stated and learned.
 * @param least What its tool is known to need until an outcome changes; 0 where that is not known.
 */
export function limitsOf(
  call: TrackedCall,
  options: AgentSettings["detectors"]["loop"],
  least: (which: "minute" | "slow") => number,
): Limits {
  if (options?.repeats !== undefined && options.within !== undefined) {
    return { spans: [{ limit: options.repeats, withinMs: options.within }], reason: "configured_limit" };
  }
  const { habit } = call;
  const isCycle = call.period > 1;
  const aMinute = isCycle ? rules.ROUNDS_A_MINUTE : rules.REPEATS_A_MINUTE;
  const above = (which: "minute" | "slow", stated: number): number =>
    Math.max(limitAbove(habit, which, stated), least(which));
  const spans = [{ limit: above("minute", aMinute), withinMs: rules.MINUTE_MS }];
  if (isCycle || call.failed) {
    spans.push({ limit: above("slow", rules.ROUNDS_IN_TEN_MINUTES), withinMs: rules.SLOW_MS });
  }
  return { spans, reason: isTrusted(habit) ? "over_own_rate" : "warm_up_limit" };
}

/** The loop that this repetition completes, if it does. */
export function judgeLoop(call: TrackedCall, at: number, limits: Limits): LoopVerdict | undefined {
  for (const { limit, withinMs } of limits.spans) {
    const count = countWithin(call, at, withinMs, limit);
    if (count < limit) continue;
    // A timer's beat is an honest poller; a call that fails each time makes no progress, however even it is.
    const isPoller = limits.reason === "warm_up_limit" && !call.failed && isSteady(call, limit);
    if (!isPoller) return { count, limit, withinMs, reason: limits.reason };
  }
  return undefined;
}

/** A call that is known to come back, and does so several times as often as it ever did in ten minutes. */
export function judgeHaste({ habit }: TrackedCall): LoopVerdict | undefined {
  const usual = usualCount(habit);
  if (usual === undefined) return undefined;
  const limit = Math.max(rules.ROUNDS_IN_TEN_MINUTES, rules.ABOVE_HABIT * usual + 1);
  const count = habit.countNow;
  return count < limit ? undefined : { count, limit, withinMs: rules.SLOW_MS, reason: "over_own_rate" };
}
