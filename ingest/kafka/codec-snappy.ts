/**
 * Snappy as Kafka knows it. Java writes snappy-java's stream: a header of 16 bytes, then blocks, each behind its
 * length (32-bit, big-endian); other clients may write one raw block. Both are read, the stream is written.
 */
import { compress, uncompress } from "snappy";
import { tooLarge } from "./batch-bound.ts";

/** snappy-java's magic bytes, then its version and the oldest that can read it, both 1. */
const HEADER = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00, 0, 0, 0, 1, 0, 0, 0, 1]);
const MAGIC = HEADER.subarray(0, 8);
/** What snappy-java packs at a time. */
const BLOCK_BYTES = 32 * 1024;

/** Packs into snappy-java's stream. */
export async function compressSnappy(bytes: Buffer): Promise<Buffer> {
  const starts = Array.from({ length: Math.ceil(bytes.length / BLOCK_BYTES) }, (_, i) => i * BLOCK_BYTES);
  const blocks = await Promise.all(starts.map((start) => compress(bytes.subarray(start, start + BLOCK_BYTES))));
  return Buffer.concat([HEADER, ...blocks.flatMap((block) => [lengthOf(block), block])]);
}

/**
 * Unpacks a stream or a raw block.
 * @throws WatchkeeperError `batch_too_large`; what the library throws for damaged bytes
 */
export async function decompressSnappy(bytes: Buffer, limitBytes: number): Promise<Buffer> {
  const blocks = blocksOf(bytes);
  if (blocks.reduce((sum, block) => sum + unpackedLength(block), 0) > limitBytes) throw tooLarge("snappy", limitBytes);
  const parts = await Promise.all(blocks.map((block) => uncompress(block, { asBuffer: true })));
  return Buffer.concat(parts.map((part) => Buffer.from(part)));
}

function blocksOf(bytes: Buffer): Buffer[] {
  const isHeader = (at: number) => bytes.subarray(at, at + MAGIC.length).equals(MAGIC);
  if (!isHeader(0)) return [bytes];
  const blocks: Buffer[] = [];
  for (let at = HEADER.length; at < bytes.length; ) {
    // Streams may follow each other; snappy-java reads them as one.
    if (isHeader(at)) {
      at += HEADER.length;
      continue;
    }
    const end = at + 4 + bytes.readUInt32BE(at);
    if (end > bytes.length) throw new Error("a snappy block is cut off");
    blocks.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return blocks;
}

function lengthOf(block: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(block.length);
  return length;
}

/** A raw block begins with what it unpacks to, seven bits a byte, the least significant first. */
function unpackedLength(block: Buffer): number {
  let length = 0;
  for (let i = 0; i < 5; i += 1) {
    const byte = block[i];
    if (byte === undefined) throw new Error("a snappy block is cut off");
    length += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return length;
  }
  throw new Error("a snappy block has no length");
}
