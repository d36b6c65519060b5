/** Request bodies: unpacked, whole, and bounded. */
import type { IncomingMessage } from "node:http";
import { createGunzip } from "node:zlib";
import { engineError } from "./clickhouse-error.ts";

const MAX_BODY_BYTES = 256 * 1024 * 1024;

/** @throws EngineError 34 for another encoding than gzip, 307 for a body that is too large, 354 for broken gzip. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const encoding = request.headers["content-encoding"] ?? "identity";
  if (encoding !== "identity" && encoding !== "gzip") {
    throw engineError(34, "UNKNOWN_COMPRESSION_METHOD", `Unknown content encoding '${encoding}'.`);
  }
  const source = encoding === "gzip" ? request.pipe(createGunzip()) : request;
  request.once("aborted", () => source.destroy());
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > MAX_BODY_BYTES) throw engineError(307, "TOO_MANY_BYTES", `The body is over ${MAX_BODY_BYTES} bytes.`);
      chunks.push(chunk);
    }
  } catch (error) {
    if (encoding === "gzip" && (error as NodeJS.ErrnoException).code?.startsWith("Z_")) {
      throw engineError(354, "ZLIB_INFLATE_FAILED", "The body is no gzip.");
    }
    throw error;
  }
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
}
