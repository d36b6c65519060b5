/** Which agents a reviewer should look at first. */
import Big from "big.js";
import type { AgentReview } from "./review.ts";

const SEVERITY: Readonly<Record<string, number>> = { critical: 300, warning: 100, info: 10 };

/** 0 when nothing asks for a look; comparable between agents. */
export function urgencyOf(review: AgentReview): number {
  const { totals, budgets, unusual, newTools } = review;
  const incidents = unusual.reduce((sum, { severity, state }) => {
    return sum + (SEVERITY[severity] ?? 0) * (state === "resolved" ? 1 : 2);
  }, 0);
  const used = Math.max(0, ...budgets.map((budget) => budget.worstPercent));
  const budget = used >= 100 ? 200 : used >= 90 ? 100 : used >= 70 ? 50 : 0;
  const calls = totals.actions + totals.apiCalls;
  const failing = calls >= 20 && totals.errors > calls / 10 ? 40 : 0;
  const blind = totals.unpriced >= 20 && (totals.unpricedPercent ?? 100) > 20 ? 20 : 0;
  return incidents + budget + failing + blind + (newTools.length > 0 ? 10 : 0);
}

/** The most urgent first, then the most expensive, then by name. */
export function byUrgency(a: AgentReview, b: AgentReview): number {
  const urgency = urgencyOf(b) - urgencyOf(a);
  if (urgency !== 0) return urgency;
  return new Big(b.totals.spend).cmp(a.totals.spend) || (a.agent < b.agent ? -1 : 1);
}
