/** What Watchkeeper says of itself through its own journal. */
import type { Severity } from "./finding.ts";
import type { Scope, ScopeRecord } from "./scope.ts";
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

/** Something that detectors said of an agent's late events. */
export interface LateFinding {
  readonly agent: string;
  readonly detector: string;
  readonly severity: Severity;
  /** When it happened, Unix milliseconds. */
  readonly at: number;
  readonly title: string;
}

/**
 * What one partition found in events that came late, judged at the time at which they happened. A repeated record has
 * the same source and counts once.
 */
export interface LateRecord {
  readonly type: "late";
  /** The clock of the source partition, Unix milliseconds. */
  readonly at: number;
  readonly scope: Scope;
  /** The offset of the last event of it. */
  readonly source: { readonly partition: number; readonly offset: number };
  /** When the first and the last of the events happened. */
  readonly from: number;
  readonly to: number;
  readonly agents: number;
  readonly events: number;
  /** Of agents beyond those that are judged late at once. */
  readonly unjudged: number;
  /** Judged by rules alone: what was usual for their agents is not known of that time. Absent in older records. */
  readonly beyond?: number;
  /** A subject counts once; beyond 64 of one agent each time that it is said. */
  readonly findings: number;
  /** The worst of them, at most 20. */
  readonly said: readonly LateFinding[];
}

export type SelfRecord = GapRecord | LagRecord | LateRecord;

/** What a partition tells the owner of another key. */
export type RoutedRecord = ScopeRecord | LateRecord;
