import type { Environment } from "./embedded-environment.ts";
import type { EmbeddedPartition } from "./embedded-partition.ts";
import type { LogRecord } from "./event-log.ts";
import { decodeFrame, type Frame, frameHead } from "./frame.ts";

/** Walks along a partition, frame by frame, each copied once out of the map and no read transaction kept. */
export class FrameReader {
  readonly #environment: Environment;
  readonly #partition: EmbeddedPartition;
  /** Offset of the next record to return. */
  #position: number;
  /** What is left of the last frame, and where in it. */
  #records: readonly LogRecord[] = [];
  #index = 0;
  /** Whether the last read found nothing; what it found counts as handled when the next one is asked for. */
  #isIdle = false;

  constructor(environment: Environment, partition: EmbeddedPartition, startAt: number) {
    this.#environment = environment;
    this.#partition = partition;
    this.#position = startAt;
  }

  /** Whether everything that is in the partition now was read and handled. */
  get isAtEnd(): boolean {
    return this.#isIdle && this.#position >= this.#partition.end;
  }

  /** The next records: as many as fit into `maxBytes` of values, one at least, none when all is read. */
  read(maxBytes: number): LogRecord[] {
    const batch = this.#take(maxBytes);
    this.#isIdle = batch.length === 0;
    return batch;
  }

  #take(maxBytes: number): LogRecord[] {
    const batch: LogRecord[] = [];
    let bytes = 0;
    for (;;) {
      if (this.#index >= this.#records.length && !this.#nextFrame()) return batch;
      const record = this.#records[this.#index] as LogRecord;
      bytes += record.value.length;
      if (batch.length > 0 && bytes > maxBytes) return batch;
      batch.push(record);
      this.#index++;
      this.#position = record.offset + 1;
    }
  }

  #nextFrame(): boolean {
    this.#records = [];
    this.#index = 0;
    const { topic, partition, end } = this.#partition;
    if (this.#position >= end) return false;
    const frame = this.#frameAt(this.#position) ?? this.#frameAfter(this.#position);
    if (frame === undefined) {
      this.#position = end;
      return false;
    }
    this.#records = decodeFrame(topic, partition, frame);
    this.#index = Math.max(0, this.#position - frame.base);
    return true;
  }

  /** The frame that holds this offset; usually one starts there. */
  #frameAt(offset: number): Frame | undefined {
    const { topic, partition } = this.#partition;
    const start = [topic, partition, offset];
    const exact = this.#environment.frames.getBinary(start);
    if (exact !== undefined) return { base: offset, bytes: exact };
    const end = [topic, partition, -1];
    for (const key of this.#environment.frames.getKeys({ start, end, reverse: true, limit: 1 })) {
      const frame = this.#load(key);
      if (frame !== undefined && frame.base + frameHead(frame.bytes).count > offset) return frame;
    }
    return undefined;
  }

  /** The next one, where retention has dropped what would come first. */
  #frameAfter(offset: number): Frame | undefined {
    const { topic, partition, end } = this.#partition;
    const range = { start: [topic, partition, offset], end: [topic, partition, end], limit: 1 };
    for (const key of this.#environment.frames.getKeys(range)) return this.#load(key);
    return undefined;
  }

  #load(key: (string | number)[]): Frame | undefined {
    const bytes = this.#environment.frames.getBinary(key);
    return bytes === undefined ? undefined : { base: Number(key[2]), bytes };
  }
}
