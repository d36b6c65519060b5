/**
 * Calls of a tool that were repeated until their outcome changed: waiting for a job, or trying until it works. Each asks with
 * other arguments, so no call has a habit of its own; what the tool needed is known from the third on.
 */
import { ABOVE_HABIT, MINUTE_MS, WAITS_TO_TRUST } from "./rules.ts";
import { lastOf, type TrackedCall } from "./tracked-call.ts";

/** Tool number, how many came to their end, and the most repeats within a minute and within ten. */
type Wait = [tool: number, ended: number, inMinute: number, inTen: number];

/** Of the tools that were ever waited for. */
export type Waits = Wait[];

/** Takes in that a call's outcome changed at a moment; long after its last repeat that says nothing. */
export function learnWait(waits: Waits, tool: number, call: TrackedCall, at: number): void {
  if (call.count < 2 || at - lastOf(call) > MINUTE_MS) return;
  const { minuteNow, slowNow } = call.habit;
  const known = waits.find(([number]) => number === tool);
  if (known === undefined) {
    waits.push([tool, 1, minuteNow, slowNow]);
    return;
  }
  known[1]++;
  known[2] = Math.max(known[2], minuteNow);
  known[3] = Math.max(known[3], slowNow);
}

/** The least repeats within a minute, or within ten, that are more than waiting; 0 while that is not known. */
export function limitAboveWaits(waits: Waits, tool: number, which: "minute" | "slow"): number {
  const known = waits.find(([number]) => number === tool);
  if (known === undefined || known[1] < WAITS_TO_TRUST) return 0;
  return ABOVE_HABIT * known[which === "minute" ? 2 : 3] + 1;
}
