/** The repetitions of one call, or of one cycle of calls, with an unchanged outcome. */
import { type Habit, newHabit, trustHabit } from "./habit.ts";
import { MAX_TIMES, STEADY_INTERVAL_MS, STEADY_ROUND_MS, STEADY_ROUND_SHARE, STEADY_SHARE } from "./rules.ts";

/** Up to so many moments are copied instead of appended to. */
const FEW = 32;

export interface TrackedCall {
  readonly key: string;
  /** Names of the tools in it, as a message shows them. */
  readonly name: string;
  /** Calls in a round: 1 for a plain repeat. */
  readonly period: number;
  outcome: string;
  failed: boolean;
  /** Moments of repetitions since the outcome last changed, oldest first; with a stride, of every so manieth. */
  times: number[];
  /** Repetitions since the outcome last changed. */
  count: number;
  /** Log likelihood ratio of a loop to what is usual of the tool, since the outcome last changed; and its peak. */
  evidence: number;
  peak: number;
  /** That evidence was said. */
  said: boolean;
  readonly habit: Habit;
}

export function newTrackedCall(key: string, name: string, period: number): TrackedCall {
  const rest = { outcome: "", failed: false, times: [], count: 0, evidence: 0, peak: 0, said: false };
  return { key, name, period, ...rest, habit: newHabit() };
}

/** How many moments a limit needs and how many repetitions lie between two of them. */
function strideOf(limit: number): number {
  return Math.max(1, Math.ceil(limit / MAX_TIMES));
}

/** Takes in one repetition; keeps moments for limits up to `limit` within `withinMs`. */
export function repeat(call: TrackedCall, at: number, outcome: string, limit: number, withinMs: number): void {
  if (outcome !== call.outcome) restart(call, outcome);
  call.count++;
  const stride = strideOf(limit);
  if (call.count % stride !== 0) return;
  const { times } = call;
  // What arrives out of order takes its place by its own moment.
  let place = times.length;
  while (place > 0 && (times[place - 1] as number) > at) place--;
  const newest = Math.max(at, times.at(-1) ?? at);
  const tooMany = times.length + 1 - Math.ceil(limit / stride);
  let expired = 0;
  while (expired < place && newest - (times[expired] as number) > withinMs) expired++;
  const drop = Math.min(place, Math.max(0, tooMany, expired));
  if (times.length >= FEW) {
    times.splice(place, 0, at);
    times.splice(0, drop);
  } else {
    // A copy of the exact size: pushing would reserve room for 17 on every call of every agent.
    call.times = [...times.slice(drop, place), at, ...times.slice(place)];
  }
}

/** The outcome changed or the cycle broke: what was before is no repetition any more. */
export function restart(call: TrackedCall, outcome: string): void {
  call.outcome = outcome;
  call.times = [];
  call.count = 0;
  call.evidence = 0;
}

/** Somebody said that so many repetitions are as they should be: a habit from here on, and no evidence of a loop. */
export function expectRepeats(call: TrackedCall, count: number): void {
  trustHabit(call.habit, count);
  call.said = false;
}

/** When it last was repeated; 0: never. */
export function lastOf({ times }: TrackedCall): number {
  return times.at(-1) ?? 0;
}

/** The most repetitions that lie within the time and include the moment `at`, as far as they are kept. */
export function countWithin({ times }: TrackedCall, at: number, withinMs: number, limit: number): number {
  let most = 0;
  let first = 0;
  for (let last = 0; last < times.length; last++) {
    const end = times[last] as number;
    while (end - (times[first] as number) > withinMs) first++;
    if (end >= at && (times[first] as number) <= at) most = Math.max(most, last - first + 1);
  }
  return most * strideOf(limit);
}

/** The last `count` repetitions come as evenly as a timer's, and not faster than a call every 4.5 seconds. */
export function isSteady(call: TrackedCall, count: number): boolean {
  const times = call.times.slice(-count);
  if (times.length < 3) return false;
  const mean = ((times.at(-1) ?? 0) - (times[0] ?? 0)) / (times.length - 1);
  if (mean < Math.min(STEADY_ROUND_MS, STEADY_INTERVAL_MS * call.period)) return false;
  const share = call.period > 1 ? STEADY_ROUND_SHARE : STEADY_SHARE;
  return times.every((at, index) => {
    return index === 0 || Math.abs(at - (times[index - 1] ?? 0) - mean) <= share * mean;
  });
}
