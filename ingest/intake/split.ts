/** Cuts a request body into lines. Views into the body, never copies; a byte of UTF-8 is never mistaken for structure. */
import { WatchkeeperError } from "../../schemas/errors.ts";
import type { BatchLine } from "./verdict.ts";

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

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

function afterSpace(body: Buffer, from: number): number {
  let i = from;
  while (isSpace(body[i])) i += 1;
  return i;
}

/** Index of the quote that closes the string opened at `at`; -1 when none does. */
function closingQuote(body: Buffer, at: number): number {
  // By the platform's search: a text of 60 MB, byte by byte, would hold the event loop for a second.
  for (let quote = body.indexOf(QUOTE, at + 1); quote >= 0; quote = body.indexOf(QUOTE, quote + 1)) {
    let slashes = 0;
    while (body[quote - 1 - slashes] === BACKSLASH) slashes += 1;
    if (slashes % 2 === 0) return quote;
  }
  return -1;
}

/**
 * The elements of a JSON array, each with its own text; `line` is its position + 1. Lazy: brackets, commas and strings
 * of the array are checked on the way, so a broken one throws `invalid_json_array` after the elements before the break,
 * and whoever takes an array as a whole must wait for its end. The elements themselves are not checked.
 */
export function* splitArray(body: Buffer): Generator<BatchLine> {
  let i = afterSpace(body, startOf(body));
  if (body[i] !== OPEN_ARRAY) throw broken('no "[" found', i);
  i += 1;
  for (let line = 1; ; line += 1) {
    const end = endOfElement(body, i);
    const bytes = trimmed(body, i, end);
    const isLast = body[end] === CLOSE_ARRAY;
    if (bytes.length > 0) yield { line, bytes };
    else if (!isLast || line > 1) throw broken("an empty element", end);
    i = end + 1;
    if (isLast) break;
  }
  const rest = afterSpace(body, i);
  if (rest < body.length) throw broken("text after the end", rest);
}

/** Index of the comma after the element that begins at `from`, or of the bracket that closes the array. */
function endOfElement(body: Buffer, from: number): number {
  let open = 0;
  for (let i = from; i < body.length; i += 1) {
    const byte = body[i];
    if (byte === QUOTE) {
      const closing = closingQuote(body, i);
      if (closing < 0) throw broken("a string that never ends begins", i);
      i = closing;
    } else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) open += 1;
    else if (byte === COMMA && open === 0) return i;
    else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) {
      if (open === 0 && byte === CLOSE_ARRAY) return i;
      if (open === 0) throw broken('a "}" that closes nothing', i);
      open -= 1;
    }
  }
  throw broken('no closing "]"', body.length);
}

function trimmed(body: Buffer, from: number, to: number): Buffer {
  const start = Math.min(afterSpace(body, from), to);
  let end = to;
  while (end > start && isSpace(body[end - 1])) end -= 1;
  return body.subarray(start, end);
}
