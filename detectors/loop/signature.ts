/** Signatures of calls and outcomes (16 hex digits, or none) as numbers: compared without a look at their texts. */

/** Stands for a signature that is not there. */
const NONE = -1;
const DIGITS_OF_HALF = 8;
const HALF = 2 ** 32;

/** Codes of "0", of what is no digit any more, and of the letter that would be ten less than "a". */
const DIGITS = 48;
const LETTERS = 58;
const LETTER_TEN = 87;

/** A call with its outcome, each in two halves of 32 bits; read once an event. */
export interface Signature {
  readonly call: number;
  readonly callRest: number;
  readonly outcome: number;
  readonly outcomeRest: number;
}

/** By hand: `parseInt` of a piece takes several times as long, four times an event. */
function half(hexDigits: string, from: number): number {
  const end = Math.min(from + DIGITS_OF_HALF, hexDigits.length);
  let read = 0;
  for (let at = from; at < end; at++) {
    const code = hexDigits.charCodeAt(at);
    read = (read << 4) | (code < LETTERS ? code - DIGITS : code - LETTER_TEN);
  }
  return read >>> 0;
}

export function signatureOf(call: string, outcome: string): Signature {
  return {
    call: half(call, 0),
    callRest: half(call, DIGITS_OF_HALF),
    outcome: outcome === "" ? NONE : half(outcome, 0),
    outcomeRest: half(outcome, DIGITS_OF_HALF),
  };
}

/** The 16 hex digits again. */
export function textOf(first: number, rest: number): string {
  return first === NONE ? "" : hex(first) + hex(rest);
}

const hex = (read: number): string => read.toString(16).padStart(DIGITS_OF_HALF, "0");

/** 12 digits of the call and 7 of the outcome: equal for equal texts, for others only by accident. */
export function foldedCall({ call, callRest }: Signature): number {
  return (call * HALF + callRest - (callRest % 0x10000)) / 0x10000;
}

export function foldedOutcome({ outcome }: Signature): number {
  return outcome === NONE ? 0 : outcome >>> 4;
}
