/** Which step of a budget is new: each step speaks once in its period. */
import type { Budget } from "../../schemas/config.ts";
import { isAtLeast, type Money, shareOf, toDollars } from "./money.ts";
import { usageKeyOf } from "./usage.ts";

/** Beyond what is configured, this many spoken amounts of earlier configurations are remembered. */
export const FORMER = 16;

/** What was used in one period, and what was said of it. */
export interface Spent {
  readonly sum: Money;
  /** By budget amount, the greatest step that was said. */
  spoken: [amount: number, step: number][];
}

/** Further from a step than this share of it, doubles decide; nearer, exact decimals do. */
const CLOSE = 1e-9;

/** Whether this percentage of an amount is used. */
function isReached(amount: number, spent: Spent, percent: number): boolean {
  const ratio = (100 * toDollars(spent.sum)) / (amount * percent);
  return Math.abs(ratio - 1) > CLOSE ? ratio > 1 : isAtLeast(spent.sum, shareOf(amount, percent));
}

/** Where a tier stands among the steps: percent of the budget's amount. */
function stepOf(budget: Budget, tier: number): number {
  return (100 * tier) / budget.amount;
}

/** The tier that a step stands for; undefined where it is a percentage that somebody wrote. */
export function tierAt(budget: Budget, step: number): number | undefined {
  return budget.warnAt.includes(step) ? undefined : budget.tiers?.find((tier) => stepOf(budget, tier) === step);
}

/** Whether somebody wrote a limit, not tiers alone. */
export function hasLimit({ warnAt }: Budget): boolean {
  return warnAt.length > 0;
}

/** The greatest step reached at what was used by now; 0: none. */
function stepReached(budget: Budget, spent: Spent): number {
  let reached = 0;
  for (const step of budget.warnAt) if (step > reached && isReached(budget.amount, spent, step)) reached = step;
  for (const tier of budget.tiers ?? []) {
    const step = stepOf(budget, tier);
    if (step > reached && isReached(tier, spent, 100)) reached = step;
  }
  return reached;
}

/** A step that was reached and not yet spoken of under this amount; 0: none. Remembered as spoken. */
export function newStep(budget: Budget, spent: Spent, budgets: readonly Budget[]): number {
  const step = stepReached(budget, spent);
  if (step === 0) return 0;
  const spoken = spent.spoken.find(([amount]) => amount === budget.amount);
  if (spoken === undefined) spent.spoken = [...spent.spoken.slice(1 - FORMER - budgets.length), [budget.amount, step]];
  else if (step > spoken[1]) spoken[1] = step;
  else return 0;
  return step;
}

/**
 * Several limits on the same unit and period are told apart by their amount; the first one needs no such name, unless
 * another amount has spoken under it before the configuration changed.
 */
export function subjectOf(budget: Budget, index: number, budgets: readonly Budget[], spent: Spent): string {
  const key = usageKeyOf(budget);
  const isFirst = budgets.findIndex((other) => usageKeyOf(other) === key) === index;
  return isFirst && spent.spoken[0]?.[0] === budget.amount ? key : `${key}:${budget.amount}`;
}
