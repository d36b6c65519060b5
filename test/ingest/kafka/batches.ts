/** Record batches as a broker keeps them (Kafka protocol guide, "Record Batch"), byte by byte. */

export interface BatchOptions {
  readonly firstOffset: number;
  /** Values by their distance from the first offset; a hole is what compaction took. */
  readonly records: readonly (readonly [delta: number, key: Buffer | null, value: string])[];
  /** Of the batch as it was written; default: of its last record. */
  readonly lastDelta?: number;
  readonly producerId?: number;
  /** Written in a transaction. */
  readonly isTransactional?: boolean;
  /** A marker that ends a transaction. */
  readonly isControl?: boolean;
  /** Number of the codec; the records are not packed all the same. */
  readonly codec?: number;
}

export function batchOf(options: BatchOptions): Buffer {
  const { firstOffset, records, producerId = -1, isTransactional = false, isControl = false, codec = 0 } = options;
  const body = Buffer.concat(records.map(([delta, key, value]) => recordOf(delta, key, Buffer.from(value))));
  const batch = Buffer.alloc(61);
  batch.writeBigInt64BE(BigInt(firstOffset), 0);
  batch.writeInt32BE(61 - 12 + body.length, 8);
  batch.writeInt8(2, 16);
  batch.writeInt16BE(codec | (isTransactional ? 0x10 : 0) | (isControl ? 0x20 : 0), 21);
  batch.writeInt32BE(options.lastDelta ?? records.at(-1)?.[0] ?? 0, 23);
  batch.writeBigInt64BE(BigInt(producerId), 43);
  batch.writeInt32BE(records.length, 57);
  return Buffer.concat([batch, body]);
}

/** The marker at the end of a producer's transaction. */
export function markerOf(offset: number, producerId: number, kind: "abort" | "commit"): Buffer {
  const key = Buffer.from([0, 0, 0, kind === "abort" ? 0 : 1]);
  return batchOf({
    ...{ firstOffset: offset, producerId, isTransactional: true, isControl: true },
    records: [[0, key, "\0\0\0\0\0\0"]],
  });
}

/** Length, attributes, time, distance, key, value, no headers. */
function recordOf(delta: number, key: Buffer | null, value: Buffer): Buffer {
  const body = Buffer.concat([
    Buffer.from([0]),
    varint(0),
    varint(delta),
    ...(key === null ? [varint(-1)] : [varint(key.length), key]),
    varint(value.length),
    value,
    varint(0),
  ]);
  return Buffer.concat([varint(body.length), body]);
}

/** Zigzag, seven bits a byte. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return Buffer.from([...bytes, rest]);
}
