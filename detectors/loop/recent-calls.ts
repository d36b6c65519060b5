/** When an agent's last calls were: only a call that comes back gets a memory of its own. */
import { RECENT_CALLS } from "./rules.ts";

/** Triples of call, outcome and moment, the newest last; names as 52-bit numbers. */
export type RecentCalls = number[];

const FIELDS = 3;

/** 52 bits of a name of hex digits. */
function numberOf(hex: string): number {
  return Number.parseInt(hex.slice(0, 13), 16) || 0;
}

/** The moment at which this call came last with this outcome; undefined when not among the last calls. */
export function lastSeen(recent: RecentCalls, call: string, outcome: string): number | undefined {
  const [wanted, unchanged] = [numberOf(call), numberOf(outcome)];
  for (let index = recent.length - FIELDS; index >= 0; index -= FIELDS) {
    if (recent[index] === wanted) return recent[index + 1] === unchanged ? recent[index + 2] : undefined;
  }
  return undefined;
}

export function addRecent(recent: RecentCalls, call: string, outcome: string, at: number): void {
  if (recent.length >= RECENT_CALLS * FIELDS) recent.splice(0, FIELDS);
  recent.push(numberOf(call), numberOf(outcome), at);
}
