/** Totals of an agent, and of the fleet as their sum. */
import Big from "big.js";
import type { Row } from "../ask.ts";
import type { Totals } from "./review.ts";
import { numberIn, textIn } from "./store-questions.ts";

export const NOTHING: Totals = {
  actions: 0,
  decisions: 0,
  apiCalls: 0,
  errors: 0,
  spend: "0",
  unpriced: 0,
  paid: 0,
  unpricedPercent: 0,
  tokens: 0,
};

/** A row of `agents.sql`. */
export function totalsOf(row: Row): Totals {
  return {
    actions: numberIn(row, "actions"),
    decisions: numberIn(row, "decisions"),
    apiCalls: numberIn(row, "api_calls"),
    errors: numberIn(row, "failed"),
    spend: textIn(row, "spend"),
    unpriced: numberIn(row, "without_price"),
    paid: numberIn(row, "paid"),
    unpricedPercent: row.without_price_percent === null ? null : numberIn(row, "without_price_percent"),
    tokens: numberIn(row, "tokens"),
  };
}

/** Exact sum of dollars; the share is taken of all that should have a price together. */
export function sumTotals(all: readonly Totals[]): Totals {
  const sum = (pick: (totals: Totals) => number) => all.reduce((total, each) => total + pick(each), 0);
  const unpriced = sum((t) => t.unpriced);
  const paid = sum((t) => t.paid);
  const isKnown = all.every((t) => t.unpricedPercent !== null);
  return {
    actions: sum((t) => t.actions),
    decisions: sum((t) => t.decisions),
    apiCalls: sum((t) => t.apiCalls),
    errors: sum((t) => t.errors),
    spend: all.reduce((total, each) => total.plus(each.spend), new Big(0)).toFixed(),
    unpriced,
    paid,
    unpricedPercent: isKnown ? Math.round((1000 * unpriced) / Math.max(1, paid)) / 10 : null,
    tokens: sum((t) => t.tokens),
  };
}
