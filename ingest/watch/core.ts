/**
 * The deterministic core that the watch's reader drives: detectors, incident book and outbox of one partition. It sees
 * state first, then records in order, and decides nothing from anything else.
 */
import type { JournalRecord, Position } from "../../schemas/journal.ts";
import type { Topic } from "../../schemas/topics.ts";
import type { LogAppend, StatePut } from "../log/event-log.ts";

/** What the core wants written since it was last asked. `changed` is opaque here: it goes back through `release`. */
interface WatchOutputs<Changed> {
  /** Incidents as they stand now, for `agent-incidents`. */
  readonly puts: readonly StatePut[];
  /** Findings and transitions, for `agent-findings`. */
  readonly appends: readonly LogAppend[];
  /** Totals for the owners of other keys, for their partitions of the journal. */
  readonly routed: readonly LogAppend[];
  readonly changed: readonly Changed[];
}

/** Under what circumstances outputs became durable. */
export interface ReleaseContext {
  readonly partition: number;
  /** True while the deciding records stood in the log before this owner took the partition: a replay or a backlog. */
  readonly catchingUp: boolean;
}

export interface WatchCore<Changed = unknown> {
  /** State of `agent-watch-state` and `agent-incidents`, in any order, before the first record. */
  restore(topic: Topic, key: string, value: Buffer): void;
  /** After the last `restore`: what must stand in the journal before more of it is judged, such as the configuration. */
  opening?(): readonly LogAppend[];
  /** Fires the timers that are due at or before the record's clock, then judges the record. Isolates its detectors. */
  process(record: JournalRecord, position: Position): void;
  /** Everything since the last call. */
  takeOutputs(): WatchOutputs<Changed>;
  /** The outputs that held these changes are durable: now somebody may act on them. */
  release(changed: readonly Changed[], context: ReleaseContext): void;
  /** All that stood in the log when this owner took the partition is judged: records for others may leave from now on. */
  caughtUp(): void;
  /** When the earliest timer is due, Unix milliseconds; undefined: none waits. */
  nextDue(): number | undefined;
  /** Keys of `agent-watch-state` that changed since the last call. */
  takeDirty(): string[];
  /** One key's value, true to the offset that it states; null when the key is gone. */
  save(key: string): string | null;
  /** Keys that all others are judged by: a replay must find them as they were at the partition's offset. Absent: none. */
  isShared?(key: string): boolean;
  /** The partition has another owner from now on: nothing more is told for it. Resolves when nothing is under way. */
  close?(): Promise<void>;
}

/** Writes something of the partition's owner durably: how the sender records what it sent. */
type CommitOutside = (puts: readonly StatePut[], appends: readonly LogAppend[]) => Promise<void>;

export interface CoreContext {
  readonly partition: number;
  readonly commit: CommitOutside;
  /** Whether nobody else can own the partition now: nothing is sent otherwise. */
  readonly isOwner: () => boolean;
}

export type OpenCore<Changed = unknown> = (context: CoreContext) => WatchCore<Changed>;
