/** What an error of the store means for the loop that met it. */
import { ClickHouseError } from "@clickhouse/client";
import { type ErrorVerdict, messageOf, WatchkeeperError } from "../../schemas/errors.ts";
import { FATAL_HINTS, MISSING, POISON, RETRY } from "./server-codes.ts";

/** Words of Node's TLS and of OpenSSL for a certificate that is not to be trusted. */
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_(?:GET|VERIFY)|ERR_TLS_/;

const CERTIFICATE_HINT =
  "Name its certificate authority in NODE_EXTRA_CA_CERTS, and use the host name that the certificate carries.";

/** Words of OpenSSL for an address that does not speak TLS. */
const NO_TLS = /ERR_SSL_|EPROTO/;

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
 * (`store_refused_rows`), `fatal` for what repeats until somebody mends it (`store_misconfigured`,
 * `store_certificate_refused`, `store_failed`).
 */
export function classifyStoreError(error: unknown): WatchkeeperError {
  if (error instanceof WatchkeeperError) return error;
  const server = error instanceof ClickHouseError ? Number(error.code) : undefined;
  if (server === undefined) {
    const code = codeOf(error);
    if (CERTIFICATE.test(code)) {
      const what = `The certificate of the store is not trusted (${code})`;
      return make(error, "store_certificate_refused", "fatal", what, CERTIFICATE_HINT);
    }
    if (NO_TLS.test(code)) {
      const hint = "Check CLICKHOUSE_URL: https:// has a port of its own, 8443 by default.";
      return make(error, "store_misconfigured", "fatal", "The address of the store does not speak TLS", hint);
    }
    if (NETWORK.has(code) || UNREACHABLE.test(messageOf(error))) {
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

/** Whether a table or the database is missing, which migrations mend. Takes what was classified. */
export function isSchemaMissing(error: unknown): boolean {
  if (error instanceof ClickHouseError) return MISSING.has(Number(error.code));
  return error instanceof WatchkeeperError && error.cause !== undefined && isSchemaMissing(error.cause);
}

/** How long to wait before a failure that only a person can mend is tried again (ms). */
const MENDED_BY_HAND_MS = 5_000;

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
