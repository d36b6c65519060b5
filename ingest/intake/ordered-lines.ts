/** Lines of a file in the order of their arrival: an export that is not sorted by time is judged as it happened. */
import { closeSync, createReadStream, openSync, readSync } from "node:fs";

export interface Line {
  readonly bytes: Buffer;
  /** From 1 on, as it stands in the file. */
  readonly number: number;
  /** Unix milliseconds. */
  readonly arrivedAt: number;
}

export interface OrderedLinesOptions {
  readonly file: string;
  /** Unix milliseconds; undefined where a line does not tell, which then stays behind the one before it. */
  readonly arrivalOf: (bytes: Buffer) => number | undefined;
  /** The file is not in this order; all of it is read once more. */
  readonly onUnordered: () => void;
}

const NEWLINE = 0x0a;

/** Of equal moments in the order of the file. Rejects when the file cannot be read. */
export async function* orderedLines({ file, arrivalOf, onUnordered }: OrderedLinesOptions): AsyncGenerator<Line> {
  if (await isOrdered(file, arrivalOf)) {
    yield* linesOf(file, arrivalOf);
    return;
  }
  onUnordered();
  const places: Place[] = [];
  for await (const { number, arrivedAt, start, bytes } of linesOf(file, arrivalOf)) {
    places.push({ number, arrivedAt, start, length: bytes.length });
  }
  places.sort((a, b) => a.arrivedAt - b.arrivedAt);
  yield* linesAt(file, places);
}

interface Place extends Omit<Line, "bytes"> {
  readonly start: number;
  readonly length: number;
}

type ArrivalOf = OrderedLinesOptions["arrivalOf"];

async function isOrdered(file: string, arrivalOf: ArrivalOf): Promise<boolean> {
  let last = Number.NEGATIVE_INFINITY;
  for await (const { arrivedAt } of linesOf(file, arrivalOf)) {
    if (arrivedAt < last) return false;
    last = arrivedAt;
  }
  return true;
}

/** As they stand in the file, with the byte at which each begins. */
async function* linesOf(file: string, arrivalOf: ArrivalOf): AsyncGenerator<Line & { readonly start: number }> {
  let number = 0;
  let start = 0;
  let arrivedAt = 0;
  const line = (bytes: Buffer) => {
    number += 1;
    arrivedAt = arrivalOf(bytes) ?? arrivedAt;
    return { bytes, number, arrivedAt, start };
  };
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 })) {
    const bytes = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer]);
    let from = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, from)) {
      yield line(bytes.subarray(from, end));
      start += end + 1 - from;
      from = end + 1;
    }
    rest = bytes.subarray(from);
  }
  if (rest.length > 0) yield line(rest);
}

function* linesAt(file: string, places: readonly Place[]): Generator<Line> {
  const descriptor = openSync(file, "r");
  try {
    for (const { number, arrivedAt, start, length } of places) {
      const bytes = Buffer.alloc(length);
      yield { bytes: bytes.subarray(0, readSync(descriptor, bytes, 0, length, start)), number, arrivedAt };
    }
  } finally {
    closeSync(descriptor);
  }
}
