/** Money as exact decimals. Dollars are dollars; another currency is kept apart and never added up. */
import { Big } from "big.js";
import type { ProducedEvent } from "../../schemas/events/index.ts";

/** Decimals that are kept; beyond them it is rounded half to even. */
const COST_DECIMALS = 12;
const ROUND_HALF_EVEN = 2;
const LIMIT = new Big("1e12");

/** `usd`, or an amount in another currency. Exact decimals without exponent: "0.001". */
export type Cost =
  | { readonly kind: "usd"; readonly amount: string }
  | { readonly kind: "other"; readonly amount: string; readonly currency: string };

/** Why it is no money; a sentence part after `"cost"`. */
export interface NotMoney {
  readonly kind: "wrong";
  readonly why: string;
}

const AMOUNT =
  /^(?:(US\$|[$€£¥]|[A-Za-z]{3,8})\s{0,4})?([+-]?(?:\d{1,40}(?:\.\d{0,60})?|\.\d{1,60})(?:[eE][+-]?\d{1,3})?)(?:\s{0,4}(US\$|[$€£¥]|[A-Za-z]{3,8}))?$/;
const SYMBOLS: Readonly<Record<string, string>> = { US$: "USD", $: "USD", "€": "EUR", "£": "GBP", "¥": "JPY" };

function currencyOf(text: string): string {
  return SYMBOLS[text.toUpperCase()] ?? text.toUpperCase();
}

function wrong(why: string): NotMoney {
  return { kind: "wrong", why };
}

/** An exact decimal string: no exponent, no trailing zeros, at most 12 decimals. */
export function decimal(value: Big): string {
  return value.round(COST_DECIMALS, ROUND_HALF_EVEN).toFixed();
}

/** The usual form, dollars that are exact as they stand: "$0.001". Anything else goes the long way. */
const PLAIN_DOLLARS = /^\$?((?:0|[1-9]\d{0,10})(?:\.\d{0,11}[1-9])?)$/;

function fromAmount(amount: string | number, stated: string | undefined): Cost | NotMoney {
  const plain = stated === undefined ? PLAIN_DOLLARS.exec(String(amount))?.[1] : undefined;
  if (plain !== undefined) return { kind: "usd", amount: plain };
  const match = AMOUNT.exec(String(amount).trim());
  if (match === null) return wrong('must be an amount such as 0.001 or "$0.001"');
  const [, before, digits = "0", after] = match;
  const named = [before, after, stated].filter((one) => one !== undefined).map(currencyOf);
  if (named.some((one) => one !== named[0])) return wrong("names two currencies");
  // The library takes no plus sign.
  const value = new Big(digits.replace(/^\+/, ""));
  if (value.lt(0)) return wrong("must not be negative: corrections are not taken yet");
  if (value.gte(LIMIT)) return wrong("must be below 1000000000000");
  const currency = named[0] ?? "USD";
  const exact = decimal(value);
  return currency === "USD" ? { kind: "usd", amount: exact } : { kind: "other", amount: exact, currency };
}

/**
 * Reads a reported cost: a number, a text with or without a currency before or after it ("$0.001", "USD 1.20",
 * "0.5 EUR"), or `{amount, currency, source}`. Undefined when there is none, which is unknown and not zero.
 */
export function parseCost(cost: ProducedEvent["cost"]): Cost | NotMoney | undefined {
  if (cost === undefined || cost === null) return undefined;
  if (typeof cost !== "object") return fromAmount(cost, undefined);
  if (cost.amount === undefined || cost.amount === null) return undefined;
  const currency = cost.currency?.trim() || undefined;
  if (currency !== undefined && !/^(?:US\$|[$€£¥]|[A-Za-z]{3,8})$/i.test(currency)) {
    return wrong('must name its currency by three to eight letters, such as "usd"');
  }
  return fromAmount(cost.amount, currency);
}
