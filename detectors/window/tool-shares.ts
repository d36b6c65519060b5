/** How often something is true of the calls of each tool (they fail, they repeat), from the agent's own history. */

/** Of a tool nobody knows yet, two calls in a hundred are taken to be so, as if twenty had been seen. */
const PRIOR_CALLS = 20;
const PRIOR_TRUE = 0.4;
/** Calls of a tool after which its history is halved, so that it follows what changes. */
const MEMORY_CALLS = 5000;

/** By number of the tool: [calls, true of so many, calls, true of so many, …]. */
export type ToolShares = number[];

export function learnShare(shares: ToolShares, tool: number, isTrue: boolean): void {
  const at = 2 * tool;
  while (shares.length <= at + 1) shares.push(0);
  let calls = (shares[at] as number) + 1;
  let times = (shares[at + 1] as number) + (isTrue ? 1 : 0);
  if (calls > MEMORY_CALLS) {
    calls /= 2;
    times /= 2;
  }
  shares[at] = calls;
  shares[at + 1] = times;
}

export function callsOf(shares: ToolShares, tool: number): number {
  return shares[2 * tool] ?? 0;
}

export function timesOf(shares: ToolShares, tool: number): number {
  return shares[2 * tool + 1] ?? 0;
}

/** Over all tools. */
export function totalOf(shares: ToolShares): { readonly calls: number; readonly times: number } {
  let calls = 0;
  let times = 0;
  for (let at = 0; at < shares.length; at += 2) {
    calls += shares[at] as number;
    times += shares[at + 1] as number;
  }
  return { calls, times };
}

/** The share, as high as so much history makes plausible: one standard deviation above its mean. */
export function shareAbove(calls: number, times: number): number {
  return Math.min(0.95, (times + PRIOR_TRUE + Math.sqrt(times + 1)) / (calls + PRIOR_CALLS));
}
