/**
 * History that was brought in, told to the one member that learns. Whoever stores such rows notes how far they reach in
 * the partition's state, in the same commit as the offset; notes only grow, so they need no clock.
 */
import { TOPICS, type Topic } from "../../schemas/topics.ts";
import type { StatePut } from "../log/event-log.ts";

const KEY = "note:backfill";

/** Journal rows of history are stored up to this offset of the partition. */
export type TakeNote = (partition: number, offset: number) => void;

/** Every value of a compacted topic, of all partitions, from the beginning on and then as they come. */
export type FollowTopic = (
  topic: Topic,
  take: (partition: number, key: string, value: Buffer | null) => void,
) => Promise<{ stop(): Promise<void> }>;

/** The note that is put beside the offset of a batch with such rows. */
export function backfillNote(offset: number): StatePut {
  return { topic: TOPICS.storeState, key: KEY, value: JSON.stringify({ version: 1, offset }) };
}

function offsetOf(key: string, value: Buffer | null): number | undefined {
  return key === KEY && value !== null ? (JSON.parse(value.toString()) as { offset: number }).offset : undefined;
}

export interface BackfillNotes {
  /** What the state of a partition says when this process takes it. */
  restore(partition: number, key: string, value: Buffer): void;
  /** This process stored such rows. */
  stored: TakeNote;
  /** Tells the newest note of each partition, then new ones, whoever writes them. */
  follow(take: TakeNote): Promise<{ stop(): Promise<void> }>;
}

/** With `followTopic` notes of all processes are followed; without it this process has every partition. */
export function createBackfillNotes(followTopic?: FollowTopic): BackfillNotes {
  const newest = new Map<number, number>();
  const followers = new Set<TakeNote>();

  function stored(partition: number, offset: number): void {
    if (offset <= (newest.get(partition) ?? -1)) return;
    newest.set(partition, offset);
    for (const take of followers) take(partition, offset);
  }

  return {
    stored,
    restore(partition, key, value) {
      const offset = offsetOf(key, value);
      if (offset !== undefined) stored(partition, offset);
    },
    async follow(take) {
      if (followTopic !== undefined) {
        return followTopic(TOPICS.storeState, (partition, key, value) => {
          const offset = offsetOf(key, value);
          if (offset !== undefined) take(partition, offset);
        });
      }
      followers.add(take);
      for (const [partition, offset] of newest) take(partition, offset);
      return { stop: async () => void followers.delete(take) };
    },
  };
}
