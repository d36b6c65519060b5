/**
 * Signatures: the same call with the same arguments, and an unchanged outcome, as 16 hex digits.
 *
 * `call` covers kind, tool and the fields of `CALL_FIELDS`, or of a call without arguments how much went in; `outcome` covers `success`, `error` with every run of
 * digits as 0, and the fields of `OUTCOME_FIELDS`. Members are sorted by name; absent ones, nulls and volatile keys are
 * left out at every depth, so that neither a fresh request id nor a retry counter makes a repeat look new. A bare `id`,
 * a date or the id of a document is an argument like any other: reading user 1 and then user 2 is no loop.
 */
import { hash } from "node:crypto";
import type { EventKind } from "../../schemas/journal.ts";

/** Fields of an event that hold what a call was made with. */
const CALL_FIELDS = [
  "endpoint",
  "target",
  "details",
  "arguments",
  "args",
  "input",
  "params",
  "query",
  "body",
  "command",
  "method",
  "url",
] as const;

/** Those of `CALL_FIELDS` that say where a call went, and not with what. */
const PLACE_FIELDS: readonly string[] = ["endpoint", "target", "method", "url"];
/** Where nothing says with what a call was made: calls of other sizes are other calls. */
const SIZE_FIELDS = ["input_tokens"] as const;

/** Fields of an event that hold what came of it. */
const OUTCOME_FIELDS = ["response_code", "result", "output", "response", "artifacts"] as const;

/** Names that differ from one try to the next. */
const VOLATILE_KEY =
  /^(?:time(?:[-_]?stamp)?|ts|now|(?:created|sent|started|ended)[-_]?at|(?:attempt|retry|try)(?:[-_]?(?:count|number))?|attempts|retries|tries|nonce|salt|seq|sequence[-_]?number|idempotency[-_]?key|(?:x[-_]?)?(?:request|trace|span|correlation|call|tool[-_]?call|tool[-_]?use|invocation|execution)[-_]?id|(?:duration|elapsed|latency)(?:[-_]?ms)?)$/i;

/**
 * A text that equal values share and no others: sorted keys, texts with their length, no nulls and no volatile keys.
 * At most 64 levels deep, as intake made sure.
 */
function canonical(value: unknown): string {
  if (typeof value === "string") return `"${value.length}:${value}`;
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) {
    let items = "[";
    for (const item of value as unknown[]) items += `${canonical(item)},`;
    return `${items}]`;
  }
  const members = value as Readonly<Record<string, unknown>>;
  let out = "{";
  for (const key of Object.keys(members).sort()) {
    const member = members[key];
    if (member === null || member === undefined || VOLATILE_KEY.test(key)) continue;
    out += `${key.length}:${key}=${canonical(member)},`;
  }
  return `${out}}`;
}

function canonicalFields(line: Readonly<Record<string, unknown>>, fields: readonly string[]): string {
  let out = "";
  for (const field of fields) {
    const value = line[field];
    if (value !== undefined && value !== null) out += `,${field}=${canonical(value)}`;
  }
  return out;
}

function signature(text: string): string {
  return hash("sha256", text).slice(0, 16);
}

/** The same call with the same arguments. */
export function callSignature(kind: EventKind, tool: string, line: Readonly<Record<string, unknown>>): string {
  const isBare = CALL_FIELDS.every((field) => line[field] == null || PLACE_FIELDS.includes(field));
  const sizes = isBare ? canonicalFields(line, SIZE_FIELDS) : "";
  return signature(`${kind} ${canonical(tool)}${canonicalFields(line, CALL_FIELDS)}${sizes}`);
}

/** The same outcome. */
export function outcomeSignature(
  success: boolean | undefined,
  error: string | undefined,
  line: Readonly<Record<string, unknown>>,
): string {
  const text = error === undefined ? "" : canonical(error.replace(/\d{1,512}/g, "0"));
  return signature(`${success ?? ""} ${text}${canonicalFields(line, OUTCOME_FIELDS)}`);
}
