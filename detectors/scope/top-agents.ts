/**
 * Who used most of a total, in little memory: the Space-Saving summary (Metwally, Agrawal, El Abbadi, 2005). An agent
 * that finds no place takes that of the least, with its amount as the error; whoever used more than a share of 1/KEPT
 * is surely among those kept.
 */
import type { ScopeShare } from "../../schemas/scope.ts";

/** Agents kept for one usage of one partition. */
const KEPT = 16;
/** Agents that a record names. */
const NAMED = 3;

export interface TopAgent {
  name: string;
  /** At most this much: what was used, and `error`. */
  amount: number;
  /** What is others' of the amount, at most. */
  error: number;
  /** Since it has its place. */
  calls: number;
}

/** Adds what an agent used to the summary in place. */
export function addToTop(top: TopAgent[], name: string, amount: number, calls = 1): void {
  const known = top.find((agent) => agent.name === name);
  if (known !== undefined) {
    known.amount += amount;
    known.calls += calls;
    return;
  }
  if (top.length < KEPT) {
    top.push({ name, amount, error: 0, calls });
    return;
  }
  const least = top.reduce((a, b) => (b.amount < a.amount ? b : a));
  const error = Math.max(0, least.amount);
  Object.assign(least, { name, amount: error + amount, error, calls });
}

/** The agents that surely used most, the greatest first. */
export function sharesOf(top: readonly TopAgent[]): ScopeShare[] {
  return topShares(top.map(({ name, amount, error, calls }) => ({ name, amount: amount - error, calls })));
}

/** The greatest shares, at most as many as a record or a message names. */
export function topShares(shares: readonly ScopeShare[]): ScopeShare[] {
  return shares
    .filter((share) => share.amount > 0)
    .sort((a, b) => b.amount - a.amount || (a.name < b.name ? -1 : 1))
    .slice(0, NAMED);
}
