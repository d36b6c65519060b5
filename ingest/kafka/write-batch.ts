/** A record batch as bytes (Kafka protocol guide, "Record Batch"). */
import { type MessageToWrite, writeRecords } from "./write-records.ts";

/** Who writes, and where in its order the batch stands. */
export interface BatchFrame {
  /** Kafkajs gives 64-bit numbers as texts, or as objects that say so. */
  readonly producerId: { toString(): string };
  readonly producerEpoch: number;
  readonly firstSequence: number;
  readonly isTransactional: boolean;
  /** Number of the codec; 0: none. */
  readonly codec: number;
}

export interface BatchTools {
  readonly crc32c: (bytes: Uint8Array) => number;
  /** Undefined: the records are not packed. */
  readonly compress: ((bytes: Buffer) => Promise<Buffer>) | undefined;
  /** Unix milliseconds, for messages without a time of their own. */
  readonly now: () => number;
}

/** Offset, length, leader epoch, magic, checksum, attributes, last delta, two times, producer, epoch, sequence, count. */
const HEADER_BYTES = 61;
const CHECKED_FROM = 21;
const LENGTH_FROM = 12;
const MAGIC = 2;
const TRANSACTIONAL = 0x10;

export async function writeBatch(
  messages: readonly MessageToWrite[],
  frame: BatchFrame,
  { crc32c, compress, now }: BatchTools,
): Promise<Buffer> {
  const at = now();
  const times = messages.map(({ timestamp }) => (timestamp === undefined ? at : Number(timestamp)));
  const first = times.reduce((a, b) => Math.min(a, b), times[0] ?? at);
  const greatest = times.reduce((a, b) => Math.max(a, b), first);
  const records = writeRecords(messages, times, first);
  const packed = compress === undefined ? records : await compress(records);
  const batch = Buffer.allocUnsafe(HEADER_BYTES + packed.length);
  batch.writeBigInt64BE(0n, 0);
  batch.writeInt32BE(batch.length - LENGTH_FROM, 8);
  batch.writeInt32BE(0, 12);
  batch.writeInt8(MAGIC, 16);
  batch.writeInt16BE(frame.codec | (frame.isTransactional ? TRANSACTIONAL : 0), 21);
  batch.writeInt32BE(messages.length - 1, 23);
  batch.writeBigInt64BE(BigInt(first), 27);
  batch.writeBigInt64BE(BigInt(greatest), 35);
  batch.writeBigInt64BE(BigInt(frame.producerId.toString()), 43);
  batch.writeInt16BE(frame.producerEpoch, 51);
  batch.writeInt32BE(frame.firstSequence, 53);
  batch.writeInt32BE(messages.length, 57);
  packed.copy(batch, HEADER_BYTES);
  batch.writeUInt32BE(crc32c(batch.subarray(CHECKED_FROM)), 17);
  return batch;
}
