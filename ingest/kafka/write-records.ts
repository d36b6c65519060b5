/** The records of one batch as bytes (Kafka protocol guide, "Record"), in one pass into one buffer. */

/** A text is UTF-8. */
type Bytes = string | Buffer;

/** As kafkajs passes it to its encoder. */
export interface MessageToWrite {
  readonly key?: Bytes | null | undefined;
  readonly value: Bytes | null;
  /** Unix milliseconds as a text; left out: now. */
  readonly timestamp?: string | undefined;
  readonly headers?: Readonly<Record<string, Bytes | readonly Bytes[] | undefined>> | undefined;
}

/** A record's frame with its longest numbers, without headers. */
const FRAME_BYTES = 40;
const NO_HEADERS = Buffer.from([0]);

const sizeOf = (bytes: Bytes): number => (typeof bytes === "string" ? Buffer.byteLength(bytes) : bytes.length);

/** Bytes of a zigzag varint; exact up to 2^52. */
function varintSize(value: number): number {
  let size = 1;
  for (let rest = value < 0 ? -2 * value - 1 : 2 * value; rest >= 128; rest /= 128) size += 1;
  return size;
}

const blobSize = (size: number): number => (size < 0 ? varintSize(-1) : varintSize(size) + size);

class Writer {
  #bytes: Buffer;
  #at = 0;

  constructor(size: number) {
    this.#bytes = Buffer.allocUnsafe(size);
  }

  /** To be called before so many bytes are written. */
  reserve(size: number): void {
    if (this.#at + size <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(2 * (this.#at + size));
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
  }

  zero(): void {
    this.#bytes[this.#at++] = 0;
  }

  varint(value: number): void {
    let rest = value < 0 ? -2 * value - 1 : 2 * value;
    while (rest >= 128) {
      this.#bytes[this.#at++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#at++] = rest;
  }

  raw(bytes: Buffer): void {
    this.#at += bytes.copy(this.#bytes, this.#at);
  }

  /** Its length and itself; `size`: of `bytes`, -1 for none. */
  blob(bytes: Bytes | null | undefined, size: number): void {
    this.varint(size);
    if (bytes === null || bytes === undefined) return;
    this.#at += typeof bytes === "string" ? this.#bytes.write(bytes, this.#at) : bytes.copy(this.#bytes, this.#at);
  }

  get written(): Buffer {
    return this.#bytes.subarray(0, this.#at);
  }
}

function headersOf(headers: MessageToWrite["headers"]): Buffer {
  const pairs = Object.entries(headers ?? {}).flatMap(([name, value]) =>
    (Array.isArray(value) ? (value as readonly Bytes[]) : [value as Bytes | undefined]).map(
      (one) => [name, one] as const,
    ),
  );
  if (pairs.length === 0) return NO_HEADERS;
  const writer = new Writer(64);
  writer.reserve(FRAME_BYTES);
  writer.varint(pairs.length);
  for (const [name, value] of pairs) {
    const [nameSize, valueSize] = [sizeOf(name), value === undefined ? -1 : sizeOf(value)];
    writer.reserve(FRAME_BYTES + nameSize + Math.max(0, valueSize));
    writer.blob(name, nameSize);
    writer.blob(value, valueSize);
  }
  return writer.written;
}

/** `times`: of the messages, and `firstTime` that which the batch says, Unix milliseconds. */
export function writeRecords(messages: readonly MessageToWrite[], times: readonly number[], firstTime: number): Buffer {
  const [first] = messages;
  const writer = new Writer(messages.length * (FRAME_BYTES + 64 + (first?.value?.length ?? 0)));
  let headers: MessageToWrite["headers"];
  // Most messages of a program carry the same.
  let headerBytes: Buffer = NO_HEADERS;
  for (const [at, message] of messages.entries()) {
    if (message.headers !== headers) {
      headers = message.headers;
      headerBytes = headersOf(headers);
    }
    const { key, value } = message;
    const later = (times[at] ?? firstTime) - firstTime;
    const keySize = key === null || key === undefined ? -1 : sizeOf(key);
    const valueSize = value === null ? -1 : sizeOf(value);
    const body = 1 + varintSize(later) + varintSize(at) + blobSize(keySize) + blobSize(valueSize) + headerBytes.length;
    writer.reserve(FRAME_BYTES + body);
    writer.varint(body);
    // Attributes, of which there are none.
    writer.zero();
    writer.varint(later);
    writer.varint(at);
    writer.blob(key, keySize);
    writer.blob(value, valueSize);
    writer.raw(headerBytes);
  }
  return writer.written;
}
