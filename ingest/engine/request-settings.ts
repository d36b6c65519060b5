/** Settings and parameters of one HTTP request, and what a reader may set. */
import { engineError } from "./clickhouse-error.ts";
import { PROFILE } from "./server-config.ts";

/** Parameters of the HTTP interface itself. */
const TRANSPORT = new Set([
  "query",
  "query_id",
  "database",
  "session_id",
  "session_timeout",
  "session_check",
  "default_format",
  "enable_http_compression",
  "http_zlib_compression_level",
  "wait_end_of_query",
  "buffer_size",
  "compress",
  "decompress",
  "user",
  "password",
  "role",
  "quota_key",
  "stacktrace",
  "send_progress_in_http_headers",
  "http_headers_progress_interval_ms",
  "cancel_http_readonly_queries_on_client_close",
  "http_write_exception_in_output_format",
]);

/** Limits of the reader; a request may lower them. */
const READER_LIMITS: Readonly<Record<string, number>> = {
  max_execution_time: 60,
  max_memory_usage: 1_000_000_000,
  max_result_rows: 1_000_000,
  max_result_bytes: 268_435_456,
};

const READER_MAY_SET = /^(output_format_\w+|date_time_output_format|result_overflow_mode|final)$/;

export interface RequestSettings {
  /** In the order in which they are set. */
  readonly settings: ReadonlyMap<string, string>;
  /** Texts of `{name:Type}`, escaped as the HTTP interface takes them. */
  readonly params: ReadonlyMap<string, string>;
}

/**
 * Reads them from the request's URL. What equals the profile is left out, so that an ordinary call sets nothing.
 * @throws EngineError 164 for a setting that a reader may not change, 115 for an impossible name.
 */
export function requestSettings(query: URLSearchParams, role: "writer" | "reader"): RequestSettings {
  const settings = new Map<string, string>();
  const params = new Map<string, string>();
  for (const [name, value] of query) {
    if (TRANSPORT.has(name)) continue;
    if (!/^[A-Za-z_]\w*$/.test(name)) throw engineError(115, "UNKNOWN_SETTING", `Unknown setting '${name}'.`);
    if (name.startsWith("param_")) params.set(name, value);
    else if (String(PROFILE[name]) !== value) settings.set(name, value);
  }
  return { settings: role === "reader" ? readerSettings(settings) : settings, params };
}

function readerSettings(asked: ReadonlyMap<string, string>): Map<string, string> {
  const settings = new Map(Object.entries(READER_LIMITS).map(([name, limit]) => [name, String(limit)]));
  for (const [name, value] of asked) {
    const limit = READER_LIMITS[name];
    if (limit !== undefined) {
      // Zero means no limit to ClickHouse.
      if (Number(value) > 0) settings.set(name, String(Math.min(Number(value), limit)));
    } else if (READER_MAY_SET.test(name)) {
      settings.set(name, value);
    } else if (name !== "readonly") {
      throw engineError(164, "READONLY", `Cannot modify '${name}' setting in readonly mode.`);
    }
  }
  return settings.set("readonly", "1");
}

/** One SET statement of all of them; undefined when there are none. */
export function setStatement({ settings, params }: RequestSettings): string | undefined {
  const all = [...params, ...settings].map(([name, value]) => `${name} = ${sqlString(value)}`);
  return all.length === 0 ? undefined : `SET ${all.join(", ")}`;
}

/** A SQL string literal. */
export function sqlString(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
