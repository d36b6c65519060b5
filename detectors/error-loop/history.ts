/** How often calls of each tool fail, from the agent's own history. */
import { MEMORY_CALLS, PRIOR_CALLS, PRIOR_FAILURES } from "./rules.ts";

/** Calls and failures by number of the tool: [calls, failures, calls, failures, …]. */
export type Outcomes = number[];

export function learnOutcome(outcomes: Outcomes, tool: number, failed: boolean): void {
  const at = 2 * tool;
  while (outcomes.length <= at + 1) outcomes.push(0);
  let calls = (outcomes[at] as number) + 1;
  let failures = (outcomes[at + 1] as number) + (failed ? 1 : 0);
  if (calls > MEMORY_CALLS) {
    calls /= 2;
    failures /= 2;
  }
  outcomes[at] = calls;
  outcomes[at + 1] = failures;
}

export function callsOf(outcomes: Outcomes, tool: number): number {
  return outcomes[2 * tool] ?? 0;
}

/** All calls and failures that were learned. */
export function totalOf(outcomes: Outcomes): { readonly calls: number; readonly failures: number } {
  let calls = 0;
  let failures = 0;
  for (let at = 0; at < outcomes.length; at += 2) {
    calls += outcomes[at] as number;
    failures += outcomes[at + 1] as number;
  }
  return { calls, failures };
}

/** The share of calls that fails, as high as this history makes plausible: one standard deviation above its mean. */
export function shareOf(calls: number, failures: number): number {
  return Math.min(0.95, (failures + PRIOR_FAILURES + Math.sqrt(failures + 1)) / (calls + PRIOR_CALLS));
}
