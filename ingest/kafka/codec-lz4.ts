/** LZ4 frames, of which Kafka clients write one a batch (the LZ4 frame format, version 1.6). */
import { compressFrame, decompressFrame } from "lz4-napi";
import { tooLarge } from "./batch-bound.ts";

/** A byte of LZ4 unpacks to at most 255. */
const BEST_RATIO = 255;

/** Packs into one frame. */
export function compressLz4(bytes: Buffer): Promise<Buffer> {
  return compressFrame(bytes);
}

/**
 * Unpacks a frame.
 * @throws WatchkeeperError `batch_too_large`; what the library throws for damaged bytes
 */
export async function decompressLz4(bytes: Buffer, limitBytes: number): Promise<Buffer> {
  const isSmall = bytes.length * BEST_RATIO <= limitBytes;
  if (!isSmall && unpackedLength(bytes) > limitBytes) throw tooLarge("lz4", limitBytes);
  return await decompressFrame(bytes);
}

/** What a frame unpacks to, by walking its blocks; the frame need not say it. */
function unpackedLength(frame: Buffer): number {
  const flags = frame.readUInt8(4);
  const has = (bit: number) => ((flags >> bit) & 1) === 1;
  const [hasBlockChecksums, hasContentSize, hasDictionary] = [has(4), has(3), has(0)];
  let total = 0;
  for (let at = 7 + (hasContentSize ? 8 : 0) + (hasDictionary ? 4 : 0); ; ) {
    const header = frame.readUInt32LE(at);
    if (header === 0) return total;
    const length = header & 0x7f_ff_ff_ff;
    const isStored = header > 0x7f_ff_ff_ff;
    const block = frame.subarray(at + 4, at + 4 + length);
    total += isStored ? length : blockLength(block);
    at += 4 + length + (hasBlockChecksums ? 4 : 0);
  }
}

/** Sums the lengths of a block's sequences: literals, then a match of at least four bytes, but for the last. */
function blockLength(block: Buffer): number {
  let [at, total] = [0, 0];
  const extended = (nibble: number) => {
    let length = nibble;
    for (let more = nibble === 15; more; ) {
      const byte = block.readUInt8(at++);
      length += byte;
      more = byte === 255;
    }
    return length;
  };
  while (at < block.length) {
    const token = block.readUInt8(at++);
    const literals = extended(token >> 4);
    at += literals;
    total += literals;
    if (at >= block.length) return total;
    at += 2;
    total += 4 + extended(token & 15);
  }
  return total;
}
