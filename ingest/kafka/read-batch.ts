/** A record batch from its bytes (Kafka protocol guide, "Record Batch" and "Record"), as kafkajs's messages. */
import { MOST_RECORDS, tooMany } from "./batch-bound.ts";
import type { BatchContext, FetchedMessage } from "./fetched-records.ts";

/** Unpacks the records of a batch; the codec's number is what its attributes say. */
export type Unpack = (codec: number, bytes: Buffer) => Promise<Buffer>;

type Headers = FetchedMessage["headers"];

/** Where the fields of a batch's header are. */
const AT = { offset: 0, attributes: 21, firstTime: 27, maxTime: 35, producerId: 43, count: 57, records: 61 } as const;
const CODEC_BITS = 0x07;
const APPEND_TIME = 0x08;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;
const NO_HEADERS: Headers = Object.freeze({});
/** More of them, or more bytes in them, are nobody's honest headers, and reading them would hold up everybody. */
const MOST_HEADERS = 1_000;
const MOST_HEADER_BYTES = 64 * 1024;

class Reader {
  readonly bytes: Buffer;
  at: number;

  constructor(bytes: Buffer, at: number) {
    this.bytes = bytes;
    this.at = at;
  }

  /** A zigzag varint; exact up to 2^52. */
  varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.bytes[this.at++];
      // A record's numbers take at most ten bytes.
      if (byte === undefined || scale > 128 ** 9) throw new RangeError("a record ends within a number");
      value += (byte & 127) * scale;
      if (byte < 128) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    }
  }

  /** So many bytes; null for a negative number of them. A view, never a copy. */
  blob(): Buffer | null {
    const size = this.varint();
    if (size < 0) return null;
    const end = this.at + size;
    if (end > this.bytes.length) throw new RangeError("a record ends within a field");
    const found = this.bytes.subarray(this.at, end);
    this.at = end;
    return found;
  }
}

/** Few readers look at headers, so they are read when they are asked for. */
class Message implements FetchedMessage {
  readonly offset: string;
  readonly timestamp: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  isControlRecord: boolean;
  readonly batchContext: BatchContext;
  readonly #headers: Buffer | undefined;

  constructor(reader: Reader, end: number, baseOffset: number, time: number | string, context: BatchContext) {
    // Attributes, of which there are none.
    reader.at += 1;
    const later = reader.varint();
    this.timestamp = typeof time === "string" ? time : String(time + later);
    this.offset = String(baseOffset + reader.varint());
    this.key = reader.blob();
    this.value = reader.blob();
    this.isControlRecord = context.isControlBatch;
    this.batchContext = context;
    if (reader.at > end) throw new RangeError("a record is longer than it says");
    const hasHeaders = reader.at < end && reader.bytes[reader.at] !== 0;
    this.#headers = hasHeaders ? reader.bytes.subarray(reader.at, end) : undefined;
  }

  get headers(): Headers {
    return this.#headers === undefined ? NO_HEADERS : readHeaders(this.#headers);
  }
}

/**
 * A name that comes more than once has all its values; one without a value is left out. Never throws, for it runs where
 * an error would end the consumer: headers that are damaged, or too many, count as none.
 */
function readHeaders(bytes: Buffer): Headers {
  if (bytes.length > MOST_HEADER_BYTES) return NO_HEADERS;
  try {
    return headersIn(new Reader(bytes, 0));
  } catch {
    return NO_HEADERS;
  }
}

function headersIn(reader: Reader): Headers {
  const count = reader.varint();
  if (count > MOST_HEADERS) return NO_HEADERS;
  const found = new Map<string, Buffer[]>();
  for (let left = count; left > 0; left -= 1) {
    const name = reader.blob()?.toString() ?? "";
    const value = reader.blob();
    const values = found.get(name);
    if (values !== undefined && value !== null) values.push(value);
    else if (value !== null) found.set(name, [value]);
  }
  return Object.fromEntries([...found].map(([name, values]) => [name, values.length === 1 ? values[0] : values]));
}

/** Whole batches only. Rejects with what `unpack` says, with `batch_too_large`, and where the bytes are no records. */
export async function readBatch(batch: Buffer, unpack: Unpack): Promise<FetchedMessage[]> {
  const attributes = batch.readInt16BE(AT.attributes);
  const context: BatchContext = {
    producerId: String(batch.readBigInt64BE(AT.producerId)),
    inTransaction: (attributes & TRANSACTIONAL) > 0,
    isControlBatch: (attributes & CONTROL) > 0,
  };
  const baseOffset = Number(batch.readBigInt64BE(AT.offset));
  const isAppendTime = (attributes & APPEND_TIME) > 0;
  const time = isAppendTime ? String(batch.readBigInt64BE(AT.maxTime)) : Number(batch.readBigInt64BE(AT.firstTime));
  const codec = attributes & CODEC_BITS;
  const packed = batch.subarray(AT.records);
  const count = batch.readInt32BE(AT.count);
  if (count > MOST_RECORDS) throw tooMany(count);
  const reader = new Reader(codec === 0 || count <= 0 ? packed : await unpack(codec, packed), 0);
  const messages: FetchedMessage[] = [];
  for (let left = count; left > 0; left -= 1) {
    const size = reader.varint();
    const end = reader.at + size;
    if (size < 0 || end > reader.bytes.length) throw new RangeError("a batch ends within a record");
    messages.push(new Message(reader, end, baseOffset, time, context));
    reader.at = end;
  }
  return messages;
}
