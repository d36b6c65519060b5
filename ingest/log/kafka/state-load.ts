/**
 * The state of a partition, read to its end. The end is a record of our own: the new owner writes a barrier with a name
 * nobody used before and reads until it comes by, because offsets of markers are never delivered, and readers of
 * committed records stop before an open transaction.
 */
import type { LogRecord } from "../event-log.ts";

/** Key of barriers; no state is kept under it. */
export const BARRIER_KEY = "watchkeeper:barrier";

export interface StateLoad {
  /** The next offset to fetch. */
  readonly next: number;
  readonly isDone: boolean;
  /** Resolves with every key's newest value when the barrier was read. */
  readonly done: Promise<ReadonlyMap<string, Buffer>>;
  put(records: readonly LogRecord[], next: number): void;
  /** Gives up: the partition is lost. */
  cancel(error: unknown): void;
}

/** Begins at `beginning`, ends at the barrier of that name. */
export function createStateLoad(barrier: string, beginning: number): StateLoad {
  const state = new Map<string, Buffer>();
  let next = beginning;
  let isDone = false;
  let resolve: (state: ReadonlyMap<string, Buffer>) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const done = new Promise<ReadonlyMap<string, Buffer>>((onDone, onCancelled) => {
    resolve = onDone;
    reject = onCancelled;
  });
  done.catch(() => undefined);

  function take({ key, value, isNull }: LogRecord): void {
    if (key === BARRIER_KEY) {
      if (value.toString() !== barrier) return;
      isDone = true;
      resolve(state);
    } else if (isNull) state.delete(key);
    // A copy: the value shares the memory of a whole answer.
    else state.set(key, Buffer.from(value));
  }

  return {
    get next() {
      return next;
    },
    get isDone() {
      return isDone;
    },
    done,
    put(records, upTo) {
      for (const record of records) {
        if (!isDone && record.offset >= next) take(record);
      }
      next = Math.max(next, upTo);
    },
    cancel: (error) => reject(error),
  };
}
