/** When an agent's last calls were: only a call that comes back with the same outcome gets a memory of its own. */
import { CONFIGURED_RECENT_CALLS, RECENT_CALLS } from "./rules.ts";
import { foldedCall, foldedOutcome, type Signature, signatureOf } from "./signature.ts";

/** Call and outcome, each folded into a number, and moment, in the order of arrival. */
export type RecentCalls = number[];

const FIELDS = 3;
/** A call with its outcome, as they stand in `RecentCalls`. */
export interface FoldedCall {
  readonly call: number;
  readonly outcome: number;
}

export function foldCall(signature: Signature): FoldedCall {
  return { call: foldedCall(signature), outcome: foldedOutcome(signature) };
}

/** Of a call alone. */
const fold = (call: string): number => foldedCall(signatureOf(call, ""));

const NONE: readonly number[] = [];

/** Moments within this time before `at` of this call with this outcome, since its outcome was last another one. */
export function momentsOf(
  recent: RecentCalls,
  { call, outcome }: FoldedCall,
  at: number,
  withinMs: number,
): readonly number[] {
  let found: number[] | undefined;
  for (let index = recent.length - FIELDS; index >= 0; index -= FIELDS) {
    if (recent[index] !== call) continue;
    if (recent[index + 1] !== outcome) break;
    const moment = recent[index + 2] as number;
    if (Math.abs(at - moment) > withinMs) continue;
    found ??= [];
    found.push(moment);
  }
  return found?.reverse() ?? NONE;
}

/** Whether one of these calls came since `call` itself was last seen: the two take turns. */
export function takesTurns(recent: RecentCalls, call: string, others: readonly string[]): boolean {
  const [own, wanted] = [fold(call), others.map((other) => fold(other))];
  for (let index = recent.length - FIELDS; index >= 0; index -= FIELDS) {
    if (recent[index] === own) return false;
    if (wanted.includes(recent[index] as number)) return true;
  }
  return false;
}

/** `withinMs` of a configured limit: everything within that time is kept, as far as the stated bound goes. */
export function addRecent(
  recent: RecentCalls,
  { call, outcome }: FoldedCall,
  at: number,
  withinMs: number | undefined,
): void {
  const most = withinMs === undefined ? RECENT_CALLS : CONFIGURED_RECENT_CALLS;
  let drop = Math.max(0, recent.length - (most - 1) * FIELDS);
  while (withinMs !== undefined && drop < recent.length && at - (recent[drop + 2] as number) > withinMs) drop += FIELDS;
  if (drop === 0) {
    recent.push(call, outcome, at);
    return;
  }
  const end = recent.length - drop;
  // A plain loop: on an array of numbers it is several times as fast as copyWithin.
  for (let index = 0; index < end; index++) recent[index] = recent[index + drop] as number;
  recent[end] = call;
  recent[end + 1] = outcome;
  recent[end + 2] = at;
  if (end + FIELDS < recent.length) recent.length = end + FIELDS;
}
