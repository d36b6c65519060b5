/** From a body to its lines: what form it has is decided by what it says and how it begins. */
import { splitArray, splitLines } from "../intake/split.ts";
import type { BatchLine } from "../intake/verdict.ts";
import type { BodyForm } from "./request-form.ts";

/** Largest body that is tried as one object over several lines. */
const ONE_OBJECT_BYTES = 1024 ** 2;
const NEWLINE = 0x0a;
const ARRAY = 0x5b;
const OBJECT = 0x7b;

/**
 * `json` that begins with `[` is an array. `json` that begins with `{`, whose first line is no JSON but whose whole
 * is, is one event written over several lines. Everything else is one event a line. Error: `invalid_json_array`.
 */
export function bodyLines(body: Buffer, form: BodyForm): Iterable<BatchLine> {
  if (form === "lines") return splitLines(body);
  const start = firstByte(body);
  if (body[start] === ARRAY) return splitArray(body);
  if (body[start] !== OBJECT || body.length > ONE_OBJECT_BYTES) return splitLines(body);
  const end = body.indexOf(NEWLINE, start);
  if (end === -1 || isJson(body.subarray(start, end)) || !isJson(body.subarray(start))) return splitLines(body);
  let last = body.length;
  while (isSpace(body[last - 1])) last -= 1;
  return [{ line: 1, bytes: body.subarray(start, last) }];
}

/** Where the text begins, after a byte order mark and white space. */
function firstByte(body: Buffer): number {
  let at = body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? 3 : 0;
  while (isSpace(body[at])) at += 1;
  return at;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === NEWLINE || byte === 0x0d || byte === 0x09;
}

function isJson(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString("utf8"));
    return true;
  } catch {
    return false;
  }
}
