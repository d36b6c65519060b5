/** Request bodies: unpacked, whole, and bounded. */
import type { IncomingMessage } from "node:http";
import type { Transform } from "node:stream";
import * as zlib from "node:zlib";
import { engineError } from "./clickhouse-error.ts";

const MAX_BODY_BYTES = 256 * 1024 * 1024;

/** zstd since Node 22.15. */
function unpackerOf(encoding: string): Transform | undefined {
  if (encoding === "gzip") return zlib.createGunzip();
  const { createZstdDecompress } = zlib as { createZstdDecompress?: () => Transform };
  return encoding === "zstd" ? createZstdDecompress?.() : undefined;
}

/** @throws EngineError 89 for an encoding that is not known, 307 for a body that is too large, 354 for a broken one. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const encoding = request.headers["content-encoding"] ?? "identity";
  const unpacker = unpackerOf(encoding);
  if (encoding !== "identity" && unpacker === undefined) {
    throw engineError(89, "UNKNOWN_COMPRESSION_METHOD", `Unknown content encoding '${encoding}'.`);
  }
  const source = unpacker === undefined ? request : request.pipe(unpacker);
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
    if (/^(?:Z_|ZSTD_)/.test((error as NodeJS.ErrnoException).code ?? "")) {
      throw engineError(354, "ZLIB_INFLATE_FAILED", `The body is no ${encoding}.`);
    }
    throw error;
  }
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
}
