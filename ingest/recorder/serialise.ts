/** Any value to one line of JSON, without ever throwing: an agent must not fail because of what it records. */

/** Longest text kept; the gateway refuses lines over 64 KiB. */
const MAX_TEXT = 8_192;
const MAX_ENTRIES = 200;
const MAX_DEPTH = 12;
/** Values looked at in one event. */
const MAX_VALUES = 2_000;
/** Whole line; above it details are cut harder. */
const MAX_LINE_BYTES = 60 * 1024;

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/**
 * The line, or undefined when even a cut form is over `MAX_LINE_BYTES`. Circles become "[circular]", BigInts their
 * digits, dates ISO text, errors their message, NaN and infinities text, a getter that throws "[unreadable]";
 * functions, symbols and undefined are left out. Long texts, lists and deep values are cut.
 */
export function toLine(event: Readonly<Record<string, unknown>>): string | undefined {
  for (const maxText of [MAX_TEXT, 512, 64]) {
    const line = JSON.stringify(plain(event, { maxText, above: [], left: MAX_VALUES }));
    if (Buffer.byteLength(line) <= MAX_LINE_BYTES) return line;
  }
  return undefined;
}

interface Walk {
  readonly maxText: number;
  /** The values that hold this one, to see circles. */
  readonly above: object[];
  left: number;
}

function plain(value: unknown, walk: Walk): Json | undefined {
  walk.left -= 1;
  if (walk.left < 0) return "[cut]";
  switch (typeof value) {
    case "string":
      return value.length > walk.maxText ? `${value.slice(0, walk.maxText)}… [cut]` : value;
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "boolean":
      return value;
    case "bigint":
      return plain(value.toString(), walk);
    case "object":
      return value === null ? null : attempt(() => plainObject(value, walk));
    default:
      return undefined;
  }
}

function plainObject(value: object, walk: Walk): Json {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
  if (value instanceof Error) return plain(value.message, walk) ?? "";
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
  if (walk.above.includes(value)) return "[circular]";
  if (walk.above.length >= MAX_DEPTH) return "[deep]";
  walk.above.push(value);
  try {
    if ("toJSON" in value && typeof value.toJSON === "function") return plain(value.toJSON(), walk) ?? null;
    if (value instanceof Map) return entries([...value].slice(0, MAX_ENTRIES), walk);
    if (value instanceof Set) return list([...value], walk);
    if (Array.isArray(value)) return list(value, walk);
    return entries(readable(value), walk);
  } finally {
    walk.above.pop();
  }
}

function readable(value: object): (readonly [string, unknown])[] {
  return Object.keys(value)
    .slice(0, MAX_ENTRIES)
    .map((key) => [key, attempt(() => (value as Record<string, unknown>)[key])] as const);
}

function entries(pairs: readonly (readonly [unknown, unknown])[], walk: Walk): Json {
  const out: { [key: string]: Json } = Object.create(null);
  for (const [key, entry] of pairs) {
    const json = plain(entry, walk);
    if (json !== undefined) out[attempt(() => String(key)).slice(0, 256)] = json;
  }
  return out;
}

function list(values: readonly unknown[], walk: Walk): Json {
  const out = values.slice(0, MAX_ENTRIES).map((entry) => plain(entry, walk) ?? null);
  if (values.length > MAX_ENTRIES) out.push(`[${values.length - MAX_ENTRIES} more]`);
  return out;
}

function attempt<T>(read: () => T): T | "[unreadable]" {
  try {
    return read();
  } catch {
    return "[unreadable]";
  }
}
