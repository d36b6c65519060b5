/** Zstandard (RFC 8878): by Node itself from 22.15 on; older Node only reads it, with a library. */
import { promisify } from "node:util";
import * as zlib from "node:zlib";
import { Decompress } from "fzstd";
import { tooLarge } from "./batch-bound.ts";

type Work = (
  bytes: Buffer,
  options: { maxOutputLength?: number },
  done: (e: Error | null, out: Buffer) => void,
) => void;

/** What newer Node has in `node:zlib`. */
interface NodeZstd {
  readonly zstdCompress: Work;
  readonly zstdDecompress: Work;
}

function nodeZstd(): NodeZstd | undefined {
  const { zstdCompress, zstdDecompress }: Partial<NodeZstd> = zlib as Partial<NodeZstd>;
  return zstdCompress && zstdDecompress && { zstdCompress, zstdDecompress };
}

/** Whether this Node can pack. */
export function canWriteZstd(): boolean {
  return nodeZstd() !== undefined;
}

/**
 * Packs with the library's default level (3).
 * @throws Error where {@link canWriteZstd} is false
 */
export async function compressZstd(bytes: Buffer): Promise<Buffer> {
  const zstd = nodeZstd();
  if (zstd === undefined) throw new Error("zstd can be written from Node 22.15 on");
  return await promisify(zstd.zstdCompress)(bytes, {});
}

/**
 * Unpacks frames.
 * @throws WatchkeeperError `batch_too_large`; what the library throws for damaged bytes
 */
export async function decompressZstd(bytes: Buffer, limitBytes: number): Promise<Buffer> {
  const zstd = nodeZstd();
  if (zstd === undefined) return decompressZstdInJavaScript(bytes, limitBytes);
  return await promisify(zstd.zstdDecompress)(bytes, { maxOutputLength: limitBytes });
}

/** As {@link decompressZstd}, the way of Node without zstd of its own. */
export function decompressZstdInJavaScript(bytes: Buffer, limitBytes: number): Buffer {
  // The library allocates the window before it sees a block.
  if (windowBytes(bytes) > limitBytes) throw tooLarge("zstd", limitBytes);
  const parts: Uint8Array[] = [];
  let total = 0;
  const stream = new Decompress((part) => {
    total += part.length;
    if (total > limitBytes) throw tooLarge("zstd", limitBytes);
    // Its buffer is the library's, which goes on writing to it.
    parts.push(Uint8Array.from(part));
  });
  stream.push(bytes, true);
  return Buffer.concat(parts);
}

/** The window that the first frame's header asks for (RFC 8878, 3.1.1.1); 0 where it does not say. */
function windowBytes(frame: Buffer): number {
  const [descriptor, window] = [frame[4], frame[5]];
  if (descriptor === undefined || window === undefined) return 0;
  const isSingleSegment = ((descriptor >> 5) & 1) === 1;
  if (!isSingleSegment) {
    const base = 2 ** (10 + (window >> 3));
    return base + (base / 8) * (window & 7);
  }
  const dictionary = [0, 1, 2, 4][descriptor & 3] as number;
  const size = frame.subarray(5 + dictionary);
  switch (descriptor >> 6) {
    case 0:
      return size.readUInt8(0);
    case 1:
      return size.readUInt16LE(0) + 256;
    case 2:
      return size.readUInt32LE(0);
    default:
      return Number(size.readBigUInt64LE(0));
  }
}
