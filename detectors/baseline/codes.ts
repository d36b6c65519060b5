/**
 * Amounts of an hour in few bits: 16-bit logarithms (0.07 % apart, zero exact) for the long history, an 8-bit ratio to it
 * (4 % apart) for the short one.
 */

const SMALLEST = 1e-7;
const PER_NAT = 1400;
const EVEN = 128;
const PER_NAT_OF_RATIO = 24;

/** The code of an amount; the greater amount never has the smaller code. */
export function encode(amount: number): number {
  if (!(amount >= SMALLEST / 2)) return 0;
  return Math.min(65_535, Math.max(1, 1 + Math.round(Math.log(amount / SMALLEST) * PER_NAT)));
}

export function decode(code: number): number {
  return code === 0 ? 0 : SMALLEST * Math.exp((code - 1) / PER_NAT);
}

/** The short history against the long one; 0 where either is nothing. */
export function encodeRatio(recent: number, expected: number): number {
  if (!(recent > 0) || !(expected > 0)) return 0;
  return Math.min(255, Math.max(1, EVEN + Math.round(Math.log(recent / expected) * PER_NAT_OF_RATIO)));
}

export function decodeRatio(code: number): number {
  return code === 0 ? 0 : Math.exp((code - EVEN) / PER_NAT_OF_RATIO);
}
