/**
 * The way of one partition's records from the fetching client to their reader: a bounded queue in between, so that a
 * reader may take its time while the client goes on with its heartbeats.
 */
import type { LogRecord, PartitionReader } from "../event-log.ts";

export interface LaneOptions {
  readonly maxBatchBytes: number;
  /** Fetch no more for now, or again. */
  readonly pause: () => void;
  readonly resume: () => void;
  /** Records were handed over. */
  readonly onTaken: () => void;
  /** The reader failed. */
  readonly onFailure: (error: unknown) => void;
}

export interface Lane {
  /** The next offset to fetch: everything before it was put in, or held no record. */
  readonly next: number;
  /** The offset after the newest record that was handled. */
  readonly handledTo: number;
  /** Whether nothing waits and nothing is being handled. */
  readonly isIdle: boolean;
  /** What waits. */
  readonly bytes: number;
  /** Whether it takes no more for now. */
  readonly isFull: boolean;
  /** Takes records up to the offset `next`; those that it had before are left out. */
  put(records: readonly LogRecord[], next: number): void;
  /** Hands over no more; resolves when the handling under way is over. */
  stop(): Promise<void>;
}

/** Bytes that wait before fetching pauses, and below which it goes on. */
const HIGH_BYTES = 2 * 1024 ** 2;
const LOW_BYTES = 512 * 1024;
/** What a record without a value takes. */
const RECORD_BYTES = 200;
/** Handed-over records that may stay in the queue before it is shortened. */
const SPENT = 1_000;

const costOf = ({ key, value }: LogRecord): number => RECORD_BYTES + key.length + value.length;

export function createLane(reader: PartitionReader, startAt: number, options: LaneOptions): Lane {
  const queue: LogRecord[] = [];
  let at = 0;
  let bytes = 0;
  let next = startAt;
  let handledTo = startAt;
  let isPaused = false;
  let isStopped = false;
  let running: Promise<void> | undefined;

  function takeBatch(): LogRecord[] {
    const batch: LogRecord[] = [];
    let size = 0;
    for (; at < queue.length; at += 1) {
      const record = queue[at] as LogRecord;
      if (batch.length > 0 && size + record.value.length > options.maxBatchBytes) break;
      size += record.value.length;
      bytes -= costOf(record);
      batch.push(record);
    }
    // Under a steady load it is never empty; what was handed over must go all the same.
    if (at === queue.length || at > Math.max(SPENT, queue.length / 2)) {
      queue.splice(0, at);
      at = 0;
    }
    return batch;
  }

  async function run(): Promise<void> {
    // Whoever catches up on a long log leaves the loop to others between batches.
    const others = () => new Promise((done) => setImmediate(done));
    while (!isStopped && at < queue.length) {
      const batch = takeBatch();
      if (isPaused && bytes <= LOW_BYTES) {
        isPaused = false;
        options.resume();
      }
      options.onTaken();
      await reader.handle(batch);
      handledTo = (batch.at(-1)?.offset ?? handledTo - 1) + 1;
      await others();
    }
  }

  function wake(): void {
    if (isStopped || running !== undefined || at === queue.length) return;
    running = run()
      .catch((error: unknown) => {
        isStopped = true;
        options.onFailure(error);
      })
      .finally(() => {
        running = undefined;
        wake();
      });
  }

  return {
    get next() {
      return next;
    },
    get handledTo() {
      return handledTo;
    },
    get isIdle() {
      return running === undefined && queue.length === 0;
    },
    get bytes() {
      return bytes;
    },
    get isFull() {
      return isPaused;
    },
    put(records, upTo) {
      if (isStopped) return;
      for (const record of records) {
        if (record.offset < next) continue;
        queue.push(record);
        bytes += costOf(record);
      }
      next = Math.max(next, upTo);
      if (!isPaused && bytes > HIGH_BYTES) {
        isPaused = true;
        options.pause();
      }
      wake();
    },
    async stop() {
      isStopped = true;
      queue.length = 0;
      at = 0;
      bytes = 0;
      await running;
    },
  };
}
