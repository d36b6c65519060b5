/** Reads and unpacks a request body, never holding more than its limit. */
import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { createGunzip, createInflate, type Gunzip, type Inflate } from "node:zlib";
import { refusal } from "./http-error.ts";
import type { Held } from "./in-flight.ts";
import type { BodyEncoding } from "./request-form.ts";

const UNPACK_CHUNK_BYTES = 256 * 1024;

/**
 * The whole body, unpacked. Errors: `body_too_large` as soon as the limit is passed, packed or unpacked;
 * `invalid_gzip`, `invalid_deflate`, `busy`, `aborted`.
 */
export async function readBody(
  request: IncomingMessage,
  encoding: BodyEncoding,
  limitBytes: number,
  held: Held,
): Promise<Buffer> {
  if (Number(request.headers["content-length"] ?? 0) > limitBytes) throw tooLarge(limitBytes);
  if (encoding === "identity") return collect(request, limitBytes, held, () => aborted());
  const unpacker = encoding === "gzip" ? gunzip() : inflate();
  let packed = 0;
  const count = (chunk: Buffer) => {
    packed += chunk.length;
    if (packed > limitBytes) unpacker.destroy(tooLarge(limitBytes));
  };
  const cut = () => {
    if (!request.complete) unpacker.destroy(aborted());
  };
  request.on("data", count).once("close", cut).once("error", cut).pipe(unpacker);
  try {
    return await collect(unpacker, limitBytes, held, () =>
      refusal(`invalid_${encoding}`, `The body is not whole, valid ${encoding}.`),
    );
  } finally {
    request.off("data", count).off("close", cut).unpipe(unpacker);
    unpacker.destroy();
    // What is left of a refused body is read and dropped, so that the caller can read the answer.
    request.resume();
  }
}

function gunzip(): Gunzip {
  return createGunzip({ chunkSize: UNPACK_CHUNK_BYTES });
}

function inflate(): Inflate {
  return createInflate({ chunkSize: UNPACK_CHUNK_BYTES });
}

function collect(source: Readable, limitBytes: number, held: Held, broken: () => Error): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const settle = (act: () => void) => {
      source.off("data", take).off("end", finish).off("error", fail).off("close", fail);
      source.on("error", () => undefined);
      act();
    };
    const stop = (error: Error) =>
      settle(() => {
        source.resume();
        reject(error);
      });
    const take = (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > limitBytes) return stop(tooLarge(limitBytes));
      try {
        held.add(chunk.length);
      } catch (error) {
        return stop(error as Error);
      }
      chunks.push(chunk);
    };
    const finish = () => settle(() => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)));
    const fail = (error?: Error) => settle(() => reject(ours(error) ?? broken()));
    source.on("data", take).on("end", finish).on("error", fail).on("close", fail);
  });
}

/** Errors that we put into the stream ourselves carry a verdict; those of zlib and the socket do not. */
function ours(error: Error | undefined): Error | undefined {
  return error !== undefined && "verdict" in error ? error : undefined;
}

function tooLarge(limitBytes: number): Error {
  return refusal("body_too_large", `The body is over ${limitBytes} bytes (limits.bodyBytes), packed or unpacked.`);
}

function aborted(): Error {
  return refusal("aborted", "The connection ended before the body did.");
}
