/** Answers in the shape of ClickHouse's HTTP interface. */
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { constants, createGzip } from "node:zlib";
import { type EngineError, toEngineError } from "./clickhouse-error.ts";
import type { EngineResult } from "./execute.ts";

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  JSON: "application/json; charset=UTF-8",
  JSONCompact: "application/json; charset=UTF-8",
  JSONEachRow: "application/x-ndjson; charset=UTF-8",
  CSV: "text/csv; charset=UTF-8; header=absent",
  CSVWithNames: "text/csv; charset=UTF-8; header=present",
};

export interface AnswerOptions {
  readonly queryId: string;
  /** 16 letters that mark an error in the middle of a result. */
  readonly exceptionTag: string;
  readonly gzip: boolean;
}

function summary({ rowsWritten, bytesWritten }: EngineResult): string {
  const counts = { read_rows: "0", read_bytes: "0", result_rows: "0", result_bytes: "0", total_rows_to_read: "0" };
  return JSON.stringify({ ...counts, written_rows: String(rowsWritten), written_bytes: String(bytesWritten) });
}

/** Sends the result piece by piece, no faster than it is read. An error in the middle follows what was sent. */
export async function answerResult(
  response: ServerResponse,
  result: EngineResult,
  options: AnswerOptions,
): Promise<void> {
  response.writeHead(200, {
    "Content-Type": CONTENT_TYPES[result.format] ?? "text/tab-separated-values; charset=UTF-8",
    "X-ClickHouse-Query-Id": options.queryId,
    "X-ClickHouse-Format": result.format,
    "X-ClickHouse-Timezone": "UTC",
    "X-ClickHouse-Summary": summary(result),
    "X-ClickHouse-Exception-Tag": options.exceptionTag,
    ...(options.gzip && { "Content-Encoding": "gzip" }),
  });
  const gzip = options.gzip ? createGzip({ level: constants.Z_BEST_SPEED }) : undefined;
  gzip?.pipe(response);
  const out: Writable = gzip ?? response;
  try {
    for await (const piece of result.pieces) {
      if (response.destroyed) break;
      if (piece.length > 0 && !out.write(piece)) await drained(out, response);
    }
  } catch (error) {
    if (!response.destroyed) out.write(exceptionTrailer(toEngineError(error), options.exceptionTag));
  }
  out.end();
  await finished(response).catch(() => {
    // The caller is gone; nobody is left to be told.
  });
}

async function drained(out: Writable, response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  const close = () => gone.abort();
  response.once("close", close);
  try {
    if (!response.destroyed) await once(out, "drain", { signal: gone.signal });
  } catch {
    // Closed: the loop sees `destroyed`.
  } finally {
    response.off("close", close);
  }
}

/** The form that clients since 25.11 find at the end of a broken result. */
function exceptionTrailer(error: EngineError, tag: string): string {
  const message = `${error.message}\n`;
  return `\r\n__exception__\r\n${tag}\r\n${message}${Buffer.byteLength(message)} ${tag}\r\n__exception__\r\n`;
}

/** An error before the first byte of a result. */
export function answerError(response: ServerResponse, error: EngineError, queryId: string): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const text = `${error.message}\n`;
  response.writeHead(error.status, {
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Length": Buffer.byteLength(text),
    "X-ClickHouse-Query-Id": queryId,
    "X-ClickHouse-Exception-Code": String(error.code),
  });
  response.end(text);
}

/** Whether the caller asked for a packed answer. */
export function wantsGzip(request: IncomingMessage, query: URLSearchParams): boolean {
  const isOn = query.get("enable_http_compression") === "1";
  return isOn && /\bgzip\b/.test(request.headers["accept-encoding"]?.toString() ?? "");
}
