/**
 * How long partitions gather between their inserts. Each sends inserts of its own, so a member that holds many has
 * each of them wait longer: ClickHouse wants few large inserts, about one a second and table.
 */
import type { Topic } from "../../schemas/topics.ts";
import type { Assignment, PartitionReader } from "../log/event-log.ts";

export interface HeldPartitions {
  /** Counts a partition from now until its reader is closed. `open` is told how long it gathers (ms). */
  hold(
    where: Pick<Assignment, "topic" | "partition">,
    open: (flushEveryMs: () => number) => Promise<PartitionReader>,
  ): Promise<PartitionReader>;
}

export interface HeldPartitionsOptions {
  /** Milliseconds between two inserts of a partition while at most `partitions` of its topic are held; more wait longer in proportion. */
  readonly everyMs: number;
  readonly partitions: number;
  readonly onReleased: (where: Pick<Assignment, "topic" | "partition">) => void;
}

export function createHeldPartitions({ everyMs, partitions, onReleased }: HeldPartitionsOptions): HeldPartitions {
  const held = new Map<Topic, number>();

  return {
    async hold(where, open) {
      const { topic } = where;
      const count = (change: number) => held.set(topic, (held.get(topic) ?? 0) + change);
      const release = () => {
        count(-1);
        onReleased(where);
      };
      count(1);
      try {
        const reader = await open(() => everyMs * Math.max(1, (held.get(topic) ?? 0) / partitions));
        return { ...reader, close: () => reader.close().finally(release) };
      } catch (error) {
        release();
        throw error;
      }
    },
  };
}
