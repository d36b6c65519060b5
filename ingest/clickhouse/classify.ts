/** What an error of the store means for the loop that met it. */
import { ClickHouseError } from "@clickhouse/client";
import { type ErrorVerdict, messageOf, WatchkeeperError } from "../../schemas/errors.ts";

/** Server codes (ClickHouse `ErrorCodes.cpp`). Those that are not here are fatal: nothing unknown is skipped. */
const RETRY = new Map([
  [74, "cannot read from disk"],
  [75, "cannot write to disk"],
  [159, "timeout"],
  [164, "read-only"],
  [202, "too many queries"],
  [203, "no free connection"],
  [209, "socket timeout"],
  [210, "network error"],
  [236, "aborted"],
  [241, "memory limit"],
  [242, "table is read-only"],
  [243, "disk full"],
  [252, "too many parts"],
  [285, "too few live replicas"],
  [286, "unsatisfied quorum"],
  [319, "unknown status of insert"],
  [394, "query was cancelled"],
  [425, "system error"],
  [439, "cannot schedule task"],
  [999, "keeper exception"],
]);

/** The data is at fault: the same rows fail again, other rows do not. */
const POISON = new Set([
  6, 26, 27, 32, 33, 34, 38, 41, 53, 69, 70, 72, 117, 128, 130, 131, 190, 261, 321, 349, 396, 407, 441, 467, 636, 645,
]);

/** What to do about the fatal ones that a person can mend. */
const FATAL_HINTS = new Map([
  [16, "The table has other columns than this version knows; run the migrations of the same version."],
  [47, "The table has other columns than this version knows; run the migrations of the same version."],
  [60, "A table is missing; run the migrations, or check CLICKHOUSE_DATABASE."],
  [81, "The database does not exist; create it, or check CLICKHOUSE_DATABASE."],
  [192, "Check CLICKHOUSE_USER and CLICKHOUSE_PASSWORD."],
  [193, "Check CLICKHOUSE_USER and CLICKHOUSE_PASSWORD."],
  [194, "Set CLICKHOUSE_PASSWORD."],
  [497, "Grant this user SELECT, INSERT, CREATE and ALTER on the database."],
  [516, "Check CLICKHOUSE_USER and CLICKHOUSE_PASSWORD."],
]);

const NETWORK = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_SOCKET",
]);

/**
 * Whether something answered that is no ClickHouse: a proxy's page, or no HTTP at all. The client throws the text of an
 * answer without a code as a plain `Error`; mistakes of a program are of a class of their own.
 */
function isForeignAnswer(error: unknown): boolean {
  return error instanceof Error && (error.constructor === Error || codeOf(error).startsWith("HPE_"));
}

/** Words of the client and of proxies for a server that did not answer. */
const UNREACHABLE = /timeout error|socket hang up|aborted|bad gateway|service unavailable|gateway time-?out/i;

function codeOf(error: unknown): string {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  if (code !== undefined) return code;
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  return error instanceof Error && error.cause !== undefined ? codeOf(error.cause) : "";
}

function make(error: unknown, code: string, verdict: ErrorVerdict, what: string, hint?: string): WatchkeeperError {
  const message = messageOf(error).slice(0, 500);
  return new WatchkeeperError(`${what}: ${message}`, { code, verdict, cause: error, ...(hint && { hint }) });
}

/**
 * `retry` for a store that is away or overloaded (`store_unavailable`), `poison` for rows it cannot take
 * (`store_refused_rows`), `fatal` for what repeats until somebody mends it (`store_misconfigured`, `store_failed`).
 */
export function classifyStoreError(error: unknown): WatchkeeperError {
  if (error instanceof WatchkeeperError) return error;
  const server = error instanceof ClickHouseError ? Number(error.code) : undefined;
  if (server === undefined) {
    if (NETWORK.has(codeOf(error)) || UNREACHABLE.test(messageOf(error))) {
      return make(error, "store_unavailable", "retry", "The store does not answer");
    }
    if (isForeignAnswer(error)) {
      return make(error, "store_unavailable", "retry", "Something else answers at the address of the store");
    }
    return make(error, "store_failed", "fatal", "The store failed");
  }
  const reason = RETRY.get(server);
  if (reason !== undefined) {
    return make(error, "store_unavailable", "retry", `The store is busy or away (${server}, ${reason})`);
  }
  if (POISON.has(server)) return make(error, "store_refused_rows", "poison", `The store refuses rows (${server})`);
  const hint = FATAL_HINTS.get(server);
  const code = hint === undefined ? "store_failed" : "store_misconfigured";
  return make(error, code, "fatal", `The store answers with an error (${server})`, hint);
}

/** How long to wait before a failure that only a person can mend is tried again (ms). */
const MENDED_BY_HAND_MS = 15_000;

/**
 * For a program whose alerts must not end with its store: what is fatal is said and tried again until somebody has
 * mended it, while events wait in the log. Nothing is skipped.
 */
export function classifyPatiently(error: unknown): WatchkeeperError {
  const known = classifyStoreError(error);
  if (known.verdict !== "fatal") return known;
  const { code, hint, message } = known;
  return new WatchkeeperError(hint === undefined ? message : `${message} ${hint}`, {
    ...{ code, verdict: "retry", retryAfterMs: MENDED_BY_HAND_MS, cause: error },
  });
}
