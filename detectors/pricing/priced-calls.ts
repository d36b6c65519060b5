/** Which of an agent's calls cost money, and whether it is known how much. */
import type { EventRecord } from "../../schemas/journal.ts";

/** Calls looked back at. */
export const LAST = 20;
/** Models and APIs remembered; the longest unused is forgotten first. */
const MOST_NAMES = 8;
const NAME_LENGTH = 64;
const FULL = 2 ** LAST;

export interface Named {
  readonly name: string;
  /** When it last had a price, the watch's clock; 0: never. */
  pricedAt: number;
  /** Calls without a price since then. */
  unpriced: number;
}

/** About 600 bytes at the most. */
export interface PricedCalls {
  /** One bit for each of the last 20 calls that cost money: 1 without a price. The newest is the lowest. */
  bits: number;
  /** Calls behind `bits`, at most 20. */
  count: number;
  /** 20: the last 20 all had a price when one last had, and not all 20 since had none. Less: fewer were ever seen. */
  covered: number;
  names: Named[];
}

export function newPricedCalls(): PricedCalls {
  return { bits: 0, count: 0, covered: 0, names: [] };
}

/** Of the last calls that cost money those without a price. */
export function unpricedOf({ bits }: PricedCalls): number {
  let left = bits;
  let ones = 0;
  for (; left > 0; left &= left - 1) ones += 1;
  return ones;
}

/** What is paid for: a model, else the API. */
function payeeOf({ model, tool }: EventRecord): string {
  const name = model ?? tool;
  return name.length <= NAME_LENGTH ? name : name.slice(0, NAME_LENGTH);
}

/**
 * Counts an event that costs money: it says a cost, or it carries a model or tokens, or it is a call of an API that did
 * cost something before. Others may well be free. Answers what was called without a price; undefined: nothing was.
 */
export function takePriced(calls: PricedCalls, event: EventRecord, now: number): Named | undefined {
  const { cost, unpriced, model, input_tokens, output_tokens } = event;
  const usesModel = model !== undefined || input_tokens !== undefined || output_tokens !== undefined;
  if (unpriced === undefined && !(cost !== undefined && (usesModel || Number(cost) > 0))) return undefined;
  const name = payeeOf(event);
  const index = calls.names.findIndex((one) => one.name === name);
  if (unpriced === true && !usesModel && index < 0) return undefined;
  const named = index < 0 ? { name, pricedAt: 0, unpriced: 0 } : (calls.names[index] as Named);
  if (index !== calls.names.length - 1 || index < 0) {
    // A copy of the exact size: pushing would reserve room for 17 in every agent.
    calls.names = [...calls.names.filter((one) => one !== named), named].slice(-MOST_NAMES);
  }
  calls.bits = (calls.bits * 2 + (unpriced === true ? 1 : 0)) % FULL;
  calls.count = Math.min(LAST, calls.count + 1);
  if (unpriced === true) {
    named.unpriced += 1;
    // It has been so for long enough to be how things are.
    if (calls.bits === FULL - 1) calls.covered = 0;
    return named;
  }
  named.pricedAt = now;
  named.unpriced = 0;
  if (calls.bits === 0) calls.covered = calls.count;
  return undefined;
}
