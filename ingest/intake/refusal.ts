/** Refusing a line: the sentence the caller gets, and the dead letter that is kept. */
import { isUtf8 } from "node:buffer";
import { hash } from "node:crypto";
import type { DeadLetterRecord } from "../../schemas/journal.ts";
import type { Redactor, Tally } from "./redaction/redactor.ts";
import type { LineSource, RefusalCode } from "./verdict.ts";

/** Bytes of a refused line that are kept, after redaction. */
const KEPT_BYTES = 64 * 1024;
/** Read beyond what is kept, so that a secret at the cut is still seen whole. */
const SLACK_BYTES = 16 * 1024;
const SHOWN_CHARACTERS = 60;
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Why a line is refused. */
export interface Refusal {
  readonly code: RefusalCode;
  /** One sentence that names the field and what was found. */
  readonly reason: string;
}

export function refuse(code: RefusalCode, reason: string): Refusal {
  return { code, reason };
}

/** A value as a reason shows it: cut, its control characters escaped. Give it redacted values only. */
export function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = typeof value === "number" ? String(value) : JSON.stringify(value);
  const cut = text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
  return cut.replace(UNPRINTABLE, (char) => `\\u${(char.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`);
}

/** The start of a text whose UTF-8 form has at most so many bytes, never cut inside a character. */
function firstBytes(text: string, limit: number): string {
  const bytes = Buffer.from(text, "utf8");
  if (bytes.length <= limit) return text;
  let end = limit;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.toString("utf8", 0, end);
}

/** Codes of lines that may be no JSON at all. */
const UNPARSED: ReadonlySet<RefusalCode> = new Set([
  "not_json",
  "nul_byte",
  "invalid_utf8",
  "too_long",
  "too_deep",
  "intake_failed",
]);

/** Codes of lines that nobody has looked at as UTF-8. */
const UNREAD: ReadonlySet<RefusalCode> = new Set(["too_long", "intake_failed"]);

/** The line as text after redaction: as searched for its meaning where it is JSON, else as plain text. */
function redactedText(bytes: Buffer, isText: boolean, code: RefusalCode, redactor: Redactor, tally: Tally): string {
  if (!UNPARSED.has(code)) return redactor.json(bytes.toString("utf8"), true, tally);
  return redactor.text(bytes.toString(isText ? "utf8" : "latin1", 0, KEPT_BYTES + SLACK_BYTES), tally);
}

/**
 * The dead letter of a refused line. Its bytes are redacted before they are encoded; bytes that are not UTF-8 are
 * searched as Latin-1, byte by byte, and kept as base64.
 */
export function deadLetter(
  bytes: Buffer,
  line: number,
  source: LineSource,
  refusal: Refusal,
  redactor: Redactor,
  tally: Tally,
): DeadLetterRecord {
  const isText = UNREAD.has(refusal.code) ? isUtf8(bytes) : refusal.code !== "invalid_utf8";
  const text = redactedText(bytes, isText, refusal.code, redactor, tally);
  return {
    // What was refused is part of it: another post under the same key may have another line here.
    id: `${source.identify(line).id}~${hash("sha256", `${bytes.length}:${text}`).slice(0, 16)}`,
    arrived_at: source.arrivedAt,
    source: source.name,
    line,
    code: refusal.code,
    reason: redactor.text(refusal.reason, {}),
    bytes: isText
      ? firstBytes(text, KEPT_BYTES)
      : Buffer.from(text, "latin1").subarray(0, KEPT_BYTES).toString("base64"),
    encoding: isText ? "utf8" : "base64",
    size: bytes.length,
  };
}
