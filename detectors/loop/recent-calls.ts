/** When an agent's last calls were: only a call that comes back with the same outcome gets a memory of its own. */
import { RECENT_CALLS } from "./rules.ts";

/** Pairs of call (with its outcome, folded into a number) and moment, the newest last. */
export type RecentCalls = number[];

const FIELDS = 2;

/** 52 bits of the call, mixed with 28 of the outcome: equal for equal pairs, for others only by accident. */
function fold(call: string, outcome: string): number {
  const [high, low] = [Number.parseInt(call.slice(0, 6), 16), Number.parseInt(call.slice(6, 13), 16)];
  const salt = Number.parseInt(outcome.slice(0, 7), 16) || 0;
  return (high || 0) * 268_435_456 + (((low || 0) ^ salt) >>> 0);
}

/** The moment at which this call came last with this outcome; undefined when not among the last calls. */
export function lastSeen(recent: RecentCalls, call: string, outcome: string): number | undefined {
  const wanted = fold(call, outcome);
  for (let index = recent.length - FIELDS; index >= 0; index -= FIELDS) {
    if (recent[index] === wanted) return recent[index + 1];
  }
  return undefined;
}

export function addRecent(recent: RecentCalls, call: string, outcome: string, at: number): void {
  if (recent.length >= RECENT_CALLS * FIELDS) {
    recent.copyWithin(0, FIELDS);
    recent.length -= FIELDS;
  }
  recent.push(fold(call, outcome), at);
}
