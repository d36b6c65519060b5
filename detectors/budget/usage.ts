/** What was used of one unit in one calendar period, and by which tools. */
import type { Budget } from "../../schemas/config.ts";
import type { EventRecord } from "../../schemas/journal.ts";
import type { Period } from "../time/zones.ts";
import { addCost, type Money } from "./money.ts";
import { matchesWildcard } from "./wildcard.ts";

/** Budgets of the same unit, tool and period share their usage, whatever their amounts. */
export function usageKeyOf({ unit, tool, period }: Budget): string {
  return unit === "uses" ? `uses:${tool}/${period}` : `${unit}/${period}`;
}

/** An amount that grows. */
export interface Tally {
  /** Dollars exactly; other units count in `dollars` alone. */
  sum: Money;
  /** First charge of the period (judged time): where the pace is measured from. */
  since: number;
  /** In dollars only what tells a cost or should. */
  calls: number;
  unpriced: number;
}

export interface Usage extends Tally {
  period: Period;
  /** By tool number: amount used. */
  amounts: number[];
  /** By tool number: calls. */
  counts: number[];
  /** What was said in this period: by budget amount, the greatest step. */
  spoken: [amount: number, step: number][];
}

export function emptyUsage(period: Period): Usage {
  const sum = { dollars: 0, pico: 0 };
  return { period, sum, since: 0, calls: 0, unpriced: 0, amounts: [], counts: [], spoken: [] };
}

/** Tokens as an invoice counts them: input and output. */
function tokensOf(event: EventRecord): number {
  return (event.input_tokens ?? 0) + (event.output_tokens ?? 0);
}

/** Decisions are neither calls nor uses of a tool; what they cost in dollars and tokens counts. */
export function concerns(budget: Budget, event: EventRecord): boolean {
  switch (budget.unit) {
    case "usd":
      return event.cost !== undefined || event.unpriced === true || event.kind !== "decision";
    case "tokens":
      return tokensOf(event) > 0;
    case "calls":
      return event.kind !== "decision";
    case "uses":
      return event.kind !== "decision" && matchesWildcard(budget.tool ?? "", event.tool);
  }
}

/** Adds an event that concerns the budget; returns its amount, or undefined where it has no price. */
export function addTo(tally: Tally, budget: Budget, event: EventRecord, at: number): number | undefined {
  // What costs nothing would make the share without a price look small.
  if (budget.unit !== "usd" || event.cost !== undefined || event.unpriced === true) tally.calls++;
  if (event.unpriced === true) tally.unpriced++;
  let amount = 1;
  if (budget.unit === "usd") {
    if (event.cost === undefined) return undefined;
    addCost(tally.sum, event.cost);
    amount = Number(event.cost);
  } else {
    if (budget.unit === "tokens") amount = tokensOf(event);
    tally.sum.dollars += amount;
  }
  if (tally.since === 0) tally.since = at;
  return amount;
}

/** Charges an event that concerns the budget. */
export function charge(usage: Usage, budget: Budget, event: EventRecord, tool: number, at: number): void {
  const amount = addTo(usage, budget, event, at);
  if (amount === undefined) return;
  if (usage.amounts.length <= tool) {
    // Copies of the exact size: pushing would reserve twice as much for every agent.
    usage.amounts = Array.from({ length: tool + 1 }, (_, index) => usage.amounts[index] ?? 0);
    usage.counts = Array.from({ length: tool + 1 }, (_, index) => usage.counts[index] ?? 0);
  }
  usage.amounts[tool] = (usage.amounts[tool] ?? 0) + amount;
  usage.counts[tool] = (usage.counts[tool] ?? 0) + 1;
}
