/** The line of an inlet record. */
const NEWLINE = 0x0a;
const RETURN = 0x0d;

/**
 * A record is one line: a byte order mark and line breaks around it are left out, as they are for the lines of a body,
 * so that the same line is the same event whichever way it comes. An object written over several lines is one line,
 * too. A view, never a copy.
 */
export function lineOf(value: Buffer): Buffer {
  const from = value[0] === 0xef && value[1] === 0xbb && value[2] === 0xbf ? 3 : 0;
  const start = value.indexOf(NEWLINE, from) < 0 ? from : afterSpace(value, from);
  let end = value.length;
  while (end > start && (value[end - 1] === NEWLINE || value[end - 1] === RETURN)) end -= 1;
  return value.subarray(start, end);
}

function afterSpace(value: Buffer, from: number): number {
  let at = from;
  while (at < value.length && isSpace(value[at])) at += 1;
  return at;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === NEWLINE || byte === RETURN || byte === 0x09;
}
