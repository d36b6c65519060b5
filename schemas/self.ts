/** What Watchkeeper says of itself through its own journal. */
import type { Topic } from "./topics.ts";

/** Name of its scope, and key of these records, so that one partition owns them. */
export const SELF = "watchkeeper";

/**
 * Records that were gone, or could not be read, before a group had read them. Who notices it is whoever took the
 * partition; two may report the same one, which (group, topic, partition, from) tells.
 */
export interface GapRecord {
  readonly type: "gap";
  /** When it was noticed, Unix milliseconds. */
  readonly at: number;
  readonly group: string;
  readonly topic: Topic;
  readonly partition: number;
  /** The first offset that is missing and the first that is there again. */
  readonly from: number;
  readonly to: number;
}

/** How far a group is behind in a topic: appended when that passes half of what is kept, each minute while it does, and at the end. */
export interface LagRecord {
  readonly type: "lag";
  /** Unix milliseconds. */
  readonly at: number;
  readonly group: string;
  readonly topic: Topic;
  /** Those that are past the limit; empty: it is caught up. */
  readonly partitions: readonly number[];
  /** Unread records of these partitions. */
  readonly records: number;
  /** How long records are kept, milliseconds, where the oldest unread one is older than half of that. */
  readonly retention_ms?: number;
  /** What the event log may hold, bytes, where the group is more than half of that behind. */
  readonly limit_bytes?: number;
}

export type SelfRecord = GapRecord | LagRecord;
