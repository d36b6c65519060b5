/** What a post says about itself before its body is read. Everything here refuses with a `WatchkeeperError`. */
import type { IncomingHttpHeaders } from "node:http";
import { refusal } from "./http-error.ts";

/** `lines`: one event a line. `json`: an array, one object over several lines, or lines. */
export type BodyForm = "lines" | "json";
export type BodyEncoding = "identity" | "gzip" | "deflate";

const FORMS: Readonly<Record<string, BodyForm>> = {
  "application/json": "json",
  "application/jsonl": "lines",
  "application/jsonlines": "lines",
  "application/ndjson": "lines",
  "application/x-jsonlines": "lines",
  "application/x-ndjson": "lines",
  "text/plain": "lines",
};

/** Without a content type the body is taken as `json`, which includes lines. Error: `unsupported_media_type`. */
export function bodyFormOf(headers: IncomingHttpHeaders): BodyForm {
  const header = headers["content-type"];
  if (header === undefined || header.trim() === "") return "json";
  const [type = "", ...parameters] = header.split(";").map((part) => part.trim().toLowerCase());
  const form = Object.hasOwn(FORMS, type) ? FORMS[type] : undefined;
  const charset = parameters.find((parameter) => parameter.startsWith("charset="))?.slice("charset=".length);
  const utf8 = charset === undefined || /^"?(utf-?8|us-ascii)"?$/.test(charset);
  if (form === undefined || !utf8) {
    throw refusal("unsupported_media_type", "Send application/x-ndjson or application/json, in UTF-8.");
  }
  return form;
}

/** Error: `unsupported_encoding`. */
export function bodyEncodingOf(headers: IncomingHttpHeaders): BodyEncoding {
  const encoding = (headers["content-encoding"] ?? "identity").trim().toLowerCase();
  if (encoding === "" || encoding === "identity") return "identity";
  if (encoding === "gzip" || encoding === "x-gzip") return "gzip";
  if (encoding === "deflate") return "deflate";
  throw refusal("unsupported_encoding", "Send the body as it is, or packed with gzip or deflate.");
}

/** Visible ASCII, so that it can stand in a log or a table. Error: `invalid_idempotency_key`. */
export function idempotencyKeyOf(headers: IncomingHttpHeaders): string | undefined {
  const key = headers["idempotency-key"];
  if (key === undefined) return undefined;
  if (typeof key === "string" && /^[\x21-\x7e]{1,256}$/.test(key)) return key;
  throw refusal("invalid_idempotency_key", "Idempotency-Key takes 1 to 256 visible ASCII characters without spaces.");
}

/** A switch in the query: `1` or `true`, `0` or `false`; absent is off. Error: `invalid_query`. */
export function switchOf(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  if (value === null || value === "0" || value === "false") return false;
  if (value === "1" || value === "true") return true;
  throw refusal("invalid_query", `"${name}" takes 1 or 0.`);
}
