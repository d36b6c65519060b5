/**
 * Signatures: the same call with the same arguments, and an unchanged outcome, as 16 hex digits.
 *
 * `call` covers kind, tool and the fields of `CALL_FIELDS`; `outcome` covers `success`, `error` with every run of
 * digits as 0, and the fields of `OUTCOME_FIELDS`. Members are sorted by name and absent ones, nulls and volatile keys are left out at
 * every depth, so that neither a fresh request id nor a retry counter makes a repeat look new. The name of a volatile
 * key is compared without case, "-" and "_". A bare `id`, a date or the id of a document is an argument like any other:
 * reading user 1 and then user 2 is no loop.
 */
import { hash } from "node:crypto";
import type { EventKind } from "../../schemas/journal.ts";

/** Fields of an event that hold what a call was made with. */
export const CALL_FIELDS = [
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

/** Fields of an event that hold what came of it. */
export const OUTCOME_FIELDS = ["response_code", "result", "output", "response", "artifacts"] as const;

/** Names that differ from one try to the next, without case, "-" and "_". */
const VOLATILE_KEY =
  /^(?:timestamp|time|ts|now|createdat|sentat|startedat|endedat|attempts?|attemptnumber|attemptcount|retry|retries|retrycount|retrynumber|tries|trynumber|nonce|salt|seq|sequencenumber|idempotencykey|x?(?:request|trace|span|correlation|call|toolcall|tooluse|invocation|execution)id|durationms|duration|elapsed|elapsedms|latency|latencyms)$/;

function isVolatile(key: string): boolean {
  return key.length <= 32 && VOLATILE_KEY.test(key.replace(/[-_]/g, "").toLowerCase());
}

/** JSON with sorted keys, without nulls and volatile keys. At most 64 levels deep, as intake made sure. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const members = value as Readonly<Record<string, unknown>>;
  let out = "{";
  for (const key of Object.keys(members).sort()) {
    const member = members[key];
    if (member === null || member === undefined || isVolatile(key)) continue;
    out += `${JSON.stringify(key)}:${canonical(member)},`;
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
  return signature(`${kind} ${JSON.stringify(tool)}${canonicalFields(line, CALL_FIELDS)}`);
}

/** The same outcome. */
export function outcomeSignature(
  success: boolean | undefined,
  error: string | undefined,
  line: Readonly<Record<string, unknown>>,
): string {
  const text = error === undefined ? "" : JSON.stringify(error.replace(/\d{1,512}/g, "0"));
  return signature(`${success ?? ""} ${text}${canonicalFields(line, OUTCOME_FIELDS)}`);
}
