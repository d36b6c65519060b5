/** From bytes to a judged JSON object: everything that can be wrong with a line before its fields are looked at. */
import { isUtf8 } from "node:buffer";
import { hash } from "node:crypto";
import { findDuplicateKey, scanLine } from "./json-text.ts";
import type { Redactor, Tally } from "./redaction/redactor.ts";
import { type Refusal, refuse, shown } from "./refusal.ts";

/** Deepest nesting of a line that is taken. */
const MAX_DEPTH = 64;

/** A parsed line, after redaction. */
export interface ReadLine {
  /** The line's own text after redaction. */
  readonly raw: string;
  readonly value: Members;
  /** The producer's id, when a secret was taken out of it. */
  readonly redactedId?: string;
  /** What was taken out, by kind; absent when nothing was. */
  readonly redacted?: Tally;
}

type Members = Readonly<Record<string, unknown>>;

/** A name without its secrets that still tells it from others: what is left, and a hash too short to guess them by. */
export function redactedIdentity(name: string, redactor: Redactor): string {
  const redacted = redactor.text(name, {});
  return redacted === name ? name : `${redacted}~${hash("sha256", name).slice(0, 8)}`;
}

/** Members of all objects in a tree; NaN when a number in it is no finite double. */
function countMembers(value: object): number {
  let count = 0;
  if (Array.isArray(value)) {
    for (const item of value as unknown[]) {
      if (typeof item === "object" && item !== null) count += countMembers(item);
      else if (typeof item === "number" && !Number.isFinite(item)) return Number.NaN;
    }
    return count;
  }
  const members = value as Readonly<Record<string, unknown>>;
  for (const key of Object.keys(members)) {
    const member = members[key];
    count += 1;
    if (typeof member === "object" && member !== null) count += countMembers(member);
    else if (typeof member === "number" && !Number.isFinite(member)) return Number.NaN;
  }
  return count;
}

/** Where in a tree a number is no finite double. */
function pathOfInfinity(value: unknown, path: string): string | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? undefined : path;
  if (typeof value !== "object" || value === null) return undefined;
  for (const [key, member] of Object.entries(value)) {
    const found = pathOfInfinity(member, path === "" ? key : `${path}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

function parse(text: string): { readonly value: unknown } | Refusal {
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    if (text.includes("\0"))
      return refuse("nul_byte", `the line is not JSON: a NUL byte at character ${text.indexOf("\0") + 1}`);
    // The parser's own message repeats a piece of the line, which may be a secret: only the place is kept.
    const message = error instanceof Error ? error.message : "";
    const at = /at position (\d{1,9})/.exec(message)?.[1];
    if (/end of JSON|Unterminated/.test(message)) return refuse("not_json", "the line is not JSON: it ends too early");
    return refuse("not_json", `the line is not JSON${at === undefined ? "" : ` near character ${Number(at) + 1}`}`);
  }
}

function isBlank(bytes: Buffer): boolean {
  for (const byte of bytes) if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d && byte !== 0x0a) return false;
  return true;
}

/** Undefined when the line is blank. */
export function readLine(
  bytes: Buffer,
  limit: number,
  redactor: Redactor,
  tally: Tally,
): ReadLine | Refusal | undefined {
  if ((bytes[0] ?? 0x20) <= 0x20 && isBlank(bytes)) return undefined;
  if (bytes.length > limit) return refuse("too_long", `the line has ${bytes.length} bytes; at most ${limit} are taken`);
  const scan = scanLine(bytes);
  if (!scan.ascii && !isUtf8(bytes)) return refuse("invalid_utf8", "the line is not valid UTF-8");
  if (scan.depth > MAX_DEPTH)
    return refuse("too_deep", `the line nests ${scan.depth} levels deep; at most ${MAX_DEPTH} are taken`);
  const text = bytes.toString(scan.ascii ? "latin1" : "utf8");
  const original = parse(text);
  if ("code" in original) return original;
  if (typeof original.value !== "object" || original.value === null || Array.isArray(original.value)) {
    return refuse("not_an_object", "the line is JSON, but not an object");
  }
  const members = countMembers(original.value);
  if (Number.isNaN(members)) {
    const path = redactor.text(pathOfInfinity(original.value, "") ?? "", {});
    return refuse("number_out_of_range", `${shown(path)} is a number beyond the range of a double`);
  }
  if (members !== scan.colons) {
    const key = redactor.text(findDuplicateKey(text) ?? "", {});
    return refuse("duplicate_key", `the key ${shown(key)} occurs twice in one object`);
  }
  const raw = redactor.json(text, scan.hidden, tally);
  if (raw === text) return { raw, value: original.value as Members };
  const value = JSON.parse(raw) as Members;
  const { id } = original.value as Members;
  // Two ids that were two secrets would both be "[redacted:…]", and the second event a repeat of the first.
  return typeof id === "string" && id !== value.id
    ? { raw, value, redacted: tally, redactedId: redactedIdentity(id, redactor) }
    : { raw, value, redacted: tally };
}
