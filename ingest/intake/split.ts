/** Cuts a request body into lines. Views into the body, never copies; a byte of UTF-8 is never mistaken for structure. */
import { WatchkeeperError } from "../../schemas/errors.ts";
import type { BatchLine } from "./verdict.ts";

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;

function startOf(body: Buffer): number {
  return body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? 3 : 0;
}

/**
 * The lines of NDJSON, blank ones included so that numbers stay physical. A line ends with \n or \r\n, the last one
 * also with the end of the body; a byte order mark at the very start is left out. Lazy.
 */
export function* splitLines(body: Buffer): Generator<BatchLine> {
  let start = startOf(body);
  for (let line = 1; start < body.length; line += 1) {
    const newline = body.indexOf(NEWLINE, start);
    const next = newline < 0 ? body.length : newline;
    const end = next > start && body[next - 1] === RETURN ? next - 1 : next;
    yield { line, bytes: body.subarray(start, end) };
    start = next + 1;
  }
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === NEWLINE || byte === RETURN || byte === 0x09;
}

function broken(what: string, at: number): WatchkeeperError {
  return new WatchkeeperError(`The body is not a JSON array: ${what} at byte ${at}.`, {
    code: "invalid_json_array",
    hint: "Send a JSON array of events, or one event a line as application/x-ndjson.",
    verdict: "poison",
  });
}

/** Index after the closing quote of the string whose opening quote is at `at`; -1 when it never closes. */
function afterString(body: Buffer, at: number): number {
  for (let i = at + 1; i < body.length; i += 1) {
    if (body[i] === BACKSLASH) i += 1;
    else if (body[i] === QUOTE) return i + 1;
  }
  return -1;
}

/** Start and end of each element, in turn. */
function elementsOf(body: Buffer): number[] {
  const bounds: number[] = [];
  let i = startOf(body);
  while (isSpace(body[i])) i += 1;
  if (body[i] !== 0x5b) throw broken('no "[" found', i);
  let depth = 1;
  i += 1;
  let start = i;
  const close = (end: number, isLast: boolean): void => {
    let from = start;
    let to = end;
    while (from < to && isSpace(body[from])) from += 1;
    while (to > from && isSpace(body[to - 1])) to -= 1;
    if (from === to && !(isLast && bounds.length === 0)) throw broken("an empty element", end);
    if (from < to) bounds.push(from, to);
    start = end + 1;
  };
  while (depth > 0) {
    const byte = body[i];
    if (byte === undefined) throw broken('no closing "]"', i);
    if (byte === QUOTE) {
      const after = afterString(body, i);
      if (after < 0) throw broken("a string that never ends begins", i);
      i = after;
      continue;
    }
    if (byte === 0x5b || byte === 0x7b) depth += 1;
    else if (byte === 0x5d || byte === 0x7d) depth -= 1;
    else if (byte === COMMA && depth === 1) close(i, false);
    if (depth === 0) {
      if (byte !== 0x5d) throw broken('a "}" that closes nothing', i);
      close(i, true);
    }
    i += 1;
  }
  while (isSpace(body[i])) i += 1;
  if (i < body.length) throw broken("text after the end", i);
  return bounds;
}

/**
 * The elements of a JSON array, each with its own text; `line` is its position + 1. The array's own brackets, commas
 * and strings are checked at the call (throws `invalid_json_array`), the elements are not.
 */
export function splitArray(body: Buffer): Iterable<BatchLine> {
  const bounds = elementsOf(body);
  return {
    *[Symbol.iterator]() {
      for (let i = 0; i < bounds.length; i += 2) {
        yield { line: i / 2 + 1, bytes: body.subarray(bounds[i], bounds[i + 1]) };
      }
    },
  };
}
