/** From an error to what the caller reads: a status, a stable code, one sentence. */
import { messageOf, WatchkeeperError } from "../../schemas/errors.ts";

const STATUS: Readonly<Record<string, number>> = {
  aborted: 400,
  invalid_deflate: 400,
  invalid_gzip: 400,
  invalid_idempotency_key: 400,
  invalid_json_array: 400,
  invalid_query: 400,
  invalid_request: 400,
  unauthorized: 401,
  foreign_host: 403,
  foreign_origin: 403,
  incident_not_found: 404,
  not_found: 404,
  role_not_here: 404,
  request_timeout: 408,
  body_too_large: 413,
  record_too_large: 413,
  too_many_lines: 413,
  unsupported_encoding: 415,
  unsupported_media_type: 415,
  busy: 429,
  log_full: 429,
  incident_is_over: 409,
  nothing_to_learn: 409,
  backup_directory_not_empty: 409,
  backup_directory_not_writable: 403,
  backup_no_room: 507,
  backup_running: 409,
  rate_limited: 429,
  headers_too_large: 431,
};

/** A refusal that the caller can do something about. Codes are those of the table; the default verdict sets one request aside. */
export function refusal(code: keyof typeof STATUS & string, message: string, retryAfterMs?: number): WatchkeeperError {
  return new WatchkeeperError(message, {
    code,
    verdict: retryAfterMs === undefined ? "poison" : "retry",
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

export interface HttpError {
  readonly status: number;
  readonly body: { readonly error: { readonly code: string; readonly message: string } };
  /** Whole seconds, at least 1; with 429 and 503. */
  readonly retryAfterSeconds?: number;
}

/** Errors that are not ours say nothing of themselves to the caller. */
export function httpErrorOf(error: unknown): HttpError {
  const known = error instanceof WatchkeeperError ? error : undefined;
  const status = (known && STATUS[known.code]) ?? (known?.verdict === "retry" ? 503 : 500);
  if (known === undefined || status === 500) {
    return { status: 500, body: errorBody("internal", "The gateway failed; its log says why.") };
  }
  const body = errorBody(known.code, messageOf(known));
  if (status !== 429 && status !== 503) return { status, body };
  return { status, body, retryAfterSeconds: Math.max(1, Math.ceil((known.retryAfterMs ?? 1000) / 1000)) };
}

/** The one form of every error answer. */
export function errorBody(code: string, message: string): HttpError["body"] {
  return { error: { code, message } };
}
