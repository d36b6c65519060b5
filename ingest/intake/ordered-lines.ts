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
  /** The file is not in this order; it is read once more. */
  readonly onUnordered: () => void;
}

const NEWLINE = 0x0a;

/** Of equal moments in the order of the file. Rejects when the file cannot be read. */
export async function* orderedLines({ file, arrivalOf, onUnordered }: OrderedLinesOptions): AsyncGenerator<Line> {
  const moments: number[] = [];
  let isOrdered = true;
  for await (const { bytes, index } of linesOf(file)) {
    const before = moments[index - 1] ?? 0;
    const moment = arrivalOf(bytes) ?? before;
    moments.push(moment);
    isOrdered &&= moment >= before;
  }
  const lineOf = (bytes: Buffer, index: number): Line => {
    return { bytes, number: index + 1, arrivedAt: moments[index] as number };
  };
  if (isOrdered) {
    // What was written since is not part of it.
    for await (const { bytes, index } of linesOf(file)) if (index < moments.length) yield lineOf(bytes, index);
    return;
  }
  onUnordered();
  const places: Place[] = [];
  for await (const { bytes, index, start } of linesOf(file)) {
    if (index < moments.length) places.push({ index, start, length: bytes.length });
  }
  places.sort((a, b) => (moments[a.index] as number) - (moments[b.index] as number));
  for (const { index, bytes } of linesAt(file, places)) yield lineOf(bytes, index);
}

interface Place {
  readonly index: number;
  readonly start: number;
  readonly length: number;
}

/** As they stand in the file, with the byte at which each begins. */
async function* linesOf(file: string): AsyncGenerator<Omit<Place, "length"> & { readonly bytes: Buffer }> {
  let index = -1;
  let start = 0;
  const line = (bytes: Buffer) => {
    index += 1;
    return { bytes, index, start };
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

function* linesAt(
  file: string,
  places: readonly Place[],
): Generator<Pick<Place, "index"> & { readonly bytes: Buffer }> {
  const descriptor = openSync(file, "r");
  try {
    for (const { index, start, length } of places) {
      const bytes = Buffer.alloc(length);
      yield { index, bytes: bytes.subarray(0, readSync(descriptor, bytes, 0, length, start)) };
    }
  } finally {
    closeSync(descriptor);
  }
}
