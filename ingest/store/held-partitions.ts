/**
 * How long partitions gather between their inserts, and how much. Each sends inserts of its own, so a member that holds
 * many has each of them wait longer: ClickHouse wants few large inserts, about one a second and table. And each holds
 * what it gathers while ClickHouse is away, so a member that holds many has each of them hold less.
 */
import type { Topic } from "../../schemas/topics.ts";
import type { Assignment, PartitionReader } from "../log/event-log.ts";

/** What one partition may gather, at this moment: it follows from how many partitions of its topic are held. */
export interface Share {
  /** Milliseconds between two of its inserts. */
  everyMs(): number;
  /** Of one batch. */
  bytes(): number;
}

export interface HeldPartitions {
  /** Counts a partition from now until its reader is closed. */
  hold(
    where: Pick<Assignment, "topic" | "partition">,
    open: (share: Share) => Promise<PartitionReader>,
  ): Promise<PartitionReader>;
}

export interface HeldPartitionsOptions {
  /** Milliseconds between two inserts of a partition while at most `partitions` of its topic are held; more wait longer in proportion. */
  readonly everyMs: number;
  readonly partitions: number;
  /** A batch at most. */
  readonly bytes: number;
  /** All batches of a topic at most, as long as that leaves a partition LEAST_BYTES. */
  readonly allBytes: number;
  readonly onReleased: (where: Pick<Assignment, "topic" | "partition">) => void;
}

/** Fewer rows than these hold are not worth an insert. */
const LEAST_BYTES = 1024 ** 2;
/** One fills while one is sent. */
const BATCHES = 2;

export function createHeldPartitions(options: HeldPartitionsOptions): HeldPartitions {
  const { everyMs, partitions, bytes, allBytes, onReleased } = options;
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
        const all = () => held.get(topic) ?? 1;
        const reader = await open({
          everyMs: () => everyMs * Math.max(1, all() / partitions),
          bytes: () => Math.min(bytes, Math.max(LEAST_BYTES, allBytes / (BATCHES * all()))),
        });
        return { ...reader, close: () => reader.close().finally(release) };
      } catch (error) {
        release();
        throw error;
      }
    },
  };
}
