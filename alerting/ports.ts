/** What alerting needs from other rooms, in its own words. */
import type { Finding } from "../schemas/finding.ts";
import type { JournalRecord, Position } from "../schemas/journal.ts";
import type { Judgement } from "../schemas/judgement.ts";
import type { RoutedRecord } from "../schemas/self.ts";
import type { Topic } from "../schemas/topics.ts";

/** A record to append to the owner's partition of a topic. */
export interface Append {
  readonly topic: Topic;
  readonly key: string;
  readonly value: string;
}

/** The newest value of a key of a compacted topic; null removes it. */
export interface Put {
  readonly topic: Topic;
  readonly key: string;
  readonly value: string | null;
}

/** Writes puts and appends of one partition in one atomic, durable step. */
export type Commit = (puts: readonly Put[], appends: readonly Append[]) => Promise<void>;

/** The detectors of one partition: records and due timers in, findings out. */
export interface Judge {
  evaluate(record: JournalRecord, position: Position): readonly Finding[];
  /** Fires every timer that is due at `due`. */
  fire(due: number): readonly Finding[];
  nextDue(): number | undefined;
  /** All that stood in the log when this owner took the partition is judged. */
  caughtUp(): void;
  /** Totals, and what was judged late, for the owners of their scopes' keys since the last call. */
  takeRecords(): readonly RoutedRecord[];
  /** Of the ledger, since the last call; absent where none is kept (a backtest). */
  takeJudgements?(): readonly Judgement[];
  /** State keys that changed since the last call. */
  takeDirty(): string[];
  save(key: string): string | null;
  /** Whether a key is true to no offset but the partition's; absent: none is. */
  isShared?(key: string): boolean;
  restore(key: string, value: Buffer): void;
}
