/**
 * A frame: consecutive records of one partition in one stored value, because a value a record would cost a tree
 * insert and a half-empty page each. All numbers little-endian:
 *
 *     u32 format (1) · u32 count · f64 timestamp (Unix ms), then per record u32 key bytes · u32 value bytes · key · value
 */
import type { LogRecord } from "./event-log.ts";

/** Records of a frame fill at most this many bytes, unless it is a single greater record. */
export const FRAME_BYTES = 64 * 1024;

const FRAME_FORMAT = 1;
const FRAME_HEADER = 16;
const RECORD_HEADER = 8;

export interface FrameInput {
  readonly key: string;
  readonly value: string;
}

/** An encoded frame and the offset of its first record. */
export interface Frame {
  readonly base: number;
  readonly bytes: Buffer;
}

/** Cuts records, the first of which gets offset `base`, into frames, one after the other. */
export function* encodeFrames(records: readonly FrameInput[], base: number, timestamp: number): Generator<Frame> {
  let first = 0;
  let size = FRAME_HEADER;
  for (let i = 0; i < records.length; i++) {
    const record = records[i] as FrameInput;
    const bytes = RECORD_HEADER + Buffer.byteLength(record.key) + Buffer.byteLength(record.value);
    if (i > first && size + bytes > FRAME_BYTES) {
      yield { base: base + first, bytes: encodeFrame(records, first, i, size, timestamp) };
      first = i;
      size = FRAME_HEADER;
    }
    size += bytes;
  }
  if (first < records.length) {
    yield { base: base + first, bytes: encodeFrame(records, first, records.length, size, timestamp) };
  }
}

function encodeFrame(records: readonly FrameInput[], from: number, to: number, size: number, timestamp: number) {
  // Its own memory, not the pool's: it lives until the disk has it.
  const bytes = Buffer.allocUnsafeSlow(size);
  bytes.writeUInt32LE(FRAME_FORMAT, 0);
  bytes.writeUInt32LE(to - from, 4);
  bytes.writeDoubleLE(timestamp, 8);
  let at = FRAME_HEADER;
  for (let i = from; i < to; i++) {
    const record = records[i] as FrameInput;
    const keyBytes = bytes.write(record.key, at + RECORD_HEADER);
    const valueBytes = bytes.write(record.value, at + RECORD_HEADER + keyBytes);
    bytes.writeUInt32LE(keyBytes, at);
    bytes.writeUInt32LE(valueBytes, at + 4);
    at += RECORD_HEADER + keyBytes + valueBytes;
  }
  return bytes;
}

/** How many records a frame holds and when they were appended. */
export function frameHead(bytes: Buffer): { readonly count: number; readonly timestamp: number } {
  return { count: bytes.readUInt32LE(4), timestamp: bytes.readDoubleLE(8) };
}

/** Every record of a frame. Values share the memory of `bytes`. */
export function decodeFrame(topic: LogRecord["topic"], partition: number, { base, bytes }: Frame): LogRecord[] {
  const { count, timestamp } = frameHead(bytes);
  const records: LogRecord[] = new Array(count);
  let at = FRAME_HEADER;
  for (let i = 0; i < count; i++) {
    const keyEnd = at + RECORD_HEADER + bytes.readUInt32LE(at);
    const valueEnd = keyEnd + bytes.readUInt32LE(at + 4);
    const key = bytes.toString("utf8", at + RECORD_HEADER, keyEnd);
    records[i] = { topic, partition, offset: base + i, timestamp, key, value: bytes.subarray(keyEnd, valueEnd) };
    at = valueEnd;
  }
  return records;
}
