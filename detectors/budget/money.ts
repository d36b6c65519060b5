/** Exact dollars: whole dollars and pico-dollars (12 decimals), each a safe integer, so that adding never rounds. */
import Big from "big.js";

const PICO = 1_000_000_000_000;
const DECIMALS = 12;

export interface Money {
  dollars: number;
  /** 0 to 999,999,999,999. */
  pico: number;
}

const PLAIN = /^(-?)(\d{1,15})(?:\.(\d{1,12}))?$/;

/** Adds an exact decimal ("0.001", at most 12 decimals) to a sum in place. */
export function addCost(sum: Money, cost: string): void {
  const match = PLAIN.exec(cost);
  if (match === null) {
    addMoney(sum, fromBig(new Big(cost)));
    return;
  }
  const sign = match[1] === "-" ? -1 : 1;
  const pico = match[3] === undefined ? 0 : Number(match[3].padEnd(DECIMALS, "0"));
  addMoney(sum, { dollars: sign * Number(match[2]), pico: sign * pico });
}

/** Adds one sum to another in place. */
export function addMoney(sum: Money, more: Money): void {
  const pico = sum.pico + more.pico;
  const carry = Math.floor(pico / PICO);
  sum.dollars += more.dollars + carry;
  sum.pico = pico - carry * PICO;
}

function fromBig(amount: Big): Money {
  const dollars = amount.round(0, Big.roundDown);
  return { dollars: dollars.toNumber(), pico: amount.minus(dollars).times(PICO).round(0, Big.roundUp).toNumber() };
}

/** The amount at this percent of a limit, rounded up to a pico-dollar. */
export function shareOf(limit: number, percent: number): Money {
  return fromBig(new Big(limit).times(percent).div(100));
}

export function isAtLeast(sum: Money, limit: Money): boolean {
  return sum.dollars > limit.dollars || (sum.dollars === limit.dollars && sum.pico >= limit.pico);
}

/** Dollars as a double, for showing and for ratios. */
export function toDollars({ dollars, pico }: Money): number {
  return dollars + pico / PICO;
}

/** The exact decimal, as `addCost` reads it: "7.02", "-0.5", "12". */
export function moneyDecimal({ dollars, pico }: Money): string {
  const isNegative = dollars < 0 && pico > 0;
  const whole = isNegative ? dollars + 1 : dollars;
  const rest = String(isNegative ? PICO - pico : pico).padStart(DECIMALS, "0");
  const sign = isNegative && whole === 0 ? "-" : "";
  return pico === 0 ? String(dollars) : `${sign}${whole}.${rest.replace(/0+$/, "")}`;
}
