/** What tokens cost by the configured prices, for events that report no cost. */
import { Big } from "big.js";
import type { Price } from "../../schemas/config.ts";
import { decimal } from "./money.ts";

/** Tokens of one event; cached ones are part of the input. */
interface TokenUse {
  readonly model: string;
  readonly input: number;
  readonly output: number;
  readonly cached: number;
  /** The moment whose price holds, Unix milliseconds. */
  readonly at: number;
}

/** Dollars as an exact decimal; undefined when no price holds. */
export type Pricing = (use: TokenUse) => string | undefined;

/** A `*` matches any run of characters; runs of stars count as one, so that a pattern cannot cost much. */
function matches(pattern: string, text: string): boolean {
  const parts = pattern.split(/\*+/);
  const [first = "", last = ""] = [parts[0], parts.at(-1)];
  if (parts.length === 1) return pattern === text;
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false;
  let at = first.length;
  const end = text.length - last.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}

function startOf(price: Price): number {
  return price.from === undefined ? Number.NEGATIVE_INFINITY : Date.parse(`${price.from}T00:00:00Z`);
}

/**
 * The first price whose model matches and that holds already; of several with the same `model` text the one that
 * began last, whatever their order. Per million tokens; cached input costs `cached`, else what input costs.
 */
export function createPricing(prices: readonly Price[]): Pricing {
  const patterns = [...new Set(prices.map((price) => price.model))];
  const byPattern = patterns.map((model) => ({
    model,
    prices: prices.filter((price) => price.model === model).sort((a, b) => startOf(b) - startOf(a)),
  }));
  const find = (model: string, at: number): Price | undefined => {
    for (const entry of byPattern) {
      if (!matches(entry.model, model)) continue;
      const price = entry.prices.find((one) => startOf(one) <= at);
      if (price !== undefined) return price;
    }
    return undefined;
  };
  return ({ model, input, output, cached, at }) => {
    const price = find(model, at);
    if (price === undefined) return undefined;
    const fromCache = Math.min(cached, input);
    const total = new Big(input - fromCache)
      .times(price.input)
      .plus(new Big(fromCache).times(price.cached ?? price.input))
      .plus(new Big(output).times(price.output));
    return decimal(total.times("0.000001"));
  };
}
