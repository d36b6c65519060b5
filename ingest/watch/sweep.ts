/**
 * A rolling checkpoint: every key that was dirty when it began is written, a slice at a time, between batches. When
 * the last one is durable, everything before the offset at its start is held by some key, and replay may start there.
 * What all are judged by is taken at that offset and written in one step with it, so that a replay from any offset that
 * was committed judges by what was in force there.
 */
import { TOPICS } from "../../schemas/topics.ts";
import type { Commit, StatePut } from "../log/event-log.ts";

/** Longest stretch of serialising state before others get the event loop; all partitions may take one in a row. */
const SLICE_MS = 2;
/** Characters of one commit at most, one key at least: Kafka's messages and LMDB's transactions stay small. */
const SLICE_CHARACTERS = 512 * 1024;

export interface SweepOptions {
  /** The partition's next offset when the sweep began. */
  readonly offset: number;
  /** Keys that were dirty then. */
  readonly keys: readonly string[];
  readonly save: (key: string) => string | null;
  /** Keys that are taken at the beginning and written with the offset; few and small. */
  readonly isShared: (key: string) => boolean;
  /** False: given up, nothing more is to be written. */
  readonly commit: (commit: Commit) => Promise<boolean>;
}

export interface Sweep {
  readonly offset: number;
  /** Writes the next slice. `complete`: the group's offset is committed now. */
  step(): Promise<"more" | "complete" | "given_up">;
}

export function createSweep({ offset, keys: dirty, save, isShared, commit }: SweepOptions): Sweep {
  const put = (key: string): StatePut => ({ topic: TOPICS.watchState, key, value: save(key) });
  const shared = dirty.filter(isShared).map(put);
  const keys = dirty.filter((key) => !isShared(key));
  let at = 0;

  function slice(): StatePut[] {
    const puts: StatePut[] = [];
    const end = performance.now() + SLICE_MS;
    for (let characters = 0; at < keys.length && characters < SLICE_CHARACTERS && performance.now() < end; at += 1) {
      const one = put(keys[at] as string);
      characters += one.value?.length ?? 0;
      puts.push(one);
    }
    return puts;
  }

  return {
    offset,
    async step() {
      const puts = slice();
      const isLast = at === keys.length;
      if (!(await commit(isLast ? { offset, puts: [...puts, ...shared] } : { puts }))) return "given_up";
      return isLast ? "complete" : "more";
    },
  };
}
