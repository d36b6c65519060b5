/**
 * The event log: durable, ordered, partitioned topics with consumer groups and compacted state. Two adapters keep
 * one contract (test/contract/event-log-contract.ts): the embedded log in the data directory and Apache Kafka.
 *
 * MUST
 * - A promise of `append` or `commit` resolves only when the records survive `kill -9` and, as far as the disk tells
 *   the truth, a power cut. It rejects with a `retry` error when the log is full or cannot be reached.
 * - Within a partition offsets only grow (with gaps allowed) and a reader sees records in that order.
 * - A partition of a group has one owner; what a former owner still tries to commit is refused (`fenced`).
 */
import type { Topic } from "../../schemas/topics.ts";

/** A record to append. The partition follows from the key (murmur2, as Kafka's own clients do). */
export interface LogAppend {
  readonly topic: Topic;
  readonly key: string;
  readonly value: string;
}

/** A record as it is read. */
export interface LogRecord {
  readonly topic: Topic;
  readonly partition: number;
  readonly offset: number;
  /** When it was appended, Unix milliseconds. */
  readonly timestamp: number;
  readonly key: string;
  /** Empty where the record has none (see `isNull`). */
  readonly value: Buffer;
  /** On the inlet: a Kafka record without a value. */
  readonly isNull?: true;
  /** On the inlet: the headers that we know (`ingest/kafka/headers.ts`), as text. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** The newest value of a key in a compacted topic; null removes the key. The partition is the owner's. */
export interface StatePut {
  readonly topic: Topic;
  readonly key: string;
  readonly value: string | null;
}

/** What an owner of a partition writes in one atomic, durable step. */
export interface Commit {
  /** The group's next offset to read: last handled + 1. Left out, the position stays. */
  readonly offset?: number;
  readonly puts?: readonly StatePut[];
  /** Appended to the owner's partition of their topic, whatever the key. */
  readonly appends?: readonly LogAppend[];
  /** Appended to the partition of their own key. */
  readonly routed?: readonly LogAppend[];
}

/** One partition in the hands of one member of a group. */
export interface Assignment {
  readonly topic: Topic;
  readonly partition: number;
  /** The group's committed offset; `beginning` when it never committed. */
  readonly committed: number;
  /** The oldest offset that is still held. */
  readonly beginning: number;
  /** Every record that stood in the partition at the time of the assignment is below it. */
  readonly end: number;
  /** Every key of this partition of a compacted topic, with its newest value. */
  readState(topic: Topic): AsyncIterable<readonly [key: string, value: Buffer]>;
  /**
   * Durable and atomic, or rejected: `retry` when the log cannot be reached (the same commit may be tried again),
   * `fenced` when the partition has another owner, who goes on from the last commit that was taken.
   */
  commit(commit: Commit): Promise<void>;
  /** Aborted when the partition is no longer this member's: work for it that has not ended is the next owner's. */
  readonly ended: AbortSignal;
  /** Whether nobody else can own the partition now: what reaches the world outside the log goes only then. */
  isOwner(): boolean;
  /** Whether every record that is in the partition now was handled. Rejects with `retry` when the log cannot say. */
  isAtEnd(): Promise<boolean>;
}

/** What an owner does with its partition. */
export interface PartitionReader {
  /** First offset to deliver: at or below `committed` where memory is rebuilt from earlier records. */
  readonly startAt: number;
  /** Records in order; the next batch comes after this resolves. A rejection stops the group and is fatal, `fenced` excepted. */
  handle(records: readonly LogRecord[]): Promise<void>;
  /** The partition is given up or the group stops; no `handle` runs any more. Finish and commit what is done. */
  close(): Promise<void>;
}

export type OpenPartition = (assignment: Assignment) => Promise<PartitionReader>;

/** A running member of a group. */
export interface GroupMember {
  /** Resolves when stopped, rejects with the first failure of a reader or of the log. */
  readonly done: Promise<void>;
  /** Stops reading, closes every reader; waits for nothing any more when the signal aborts. */
  stop(late?: AbortSignal): Promise<void>;
}

export interface ConsumeOptions {
  readonly group: string;
  /** Partition p of all of them has one owner. */
  readonly topics: readonly Topic[];
  /** Compacted topics that the owner of partition p reads and writes there. */
  readonly state?: readonly Topic[];
  readonly open: OpenPartition;
  /** Bytes of values handed to one `handle` call at most (one record at least); default 1 MiB. */
  readonly maxBatchBytes?: number;
}

export interface PartitionLag {
  readonly topic: Topic;
  readonly partition: number;
  readonly committed: number;
  readonly end: number;
}

interface LogHealth {
  readonly ok: boolean;
  readonly detail: string;
}

/** A copy of the log as it was at one moment, on its way to the disk. */
interface LogSnapshot {
  /** Resolves when the copy is whole. */
  readonly copied: Promise<void>;
}

export interface EventLog {
  /** Partitions of every topic here. */
  readonly partitions: number;
  partitionOf(key: string): number;
  /** All of them durable, or rejected. In embedded form all or none. */
  append(records: readonly LogAppend[]): Promise<void>;
  /**
   * Appends the value to these partitions of the topic, by default to all: configuration, thresholds. Where the log is
   * not in one place it may have reached some of them when it rejects.
   */
  broadcast(topic: Topic, value: string, partitions?: readonly number[]): Promise<void>;
  consume(options: ConsumeOptions): GroupMember;
  lag(group: string, topic: Topic): Promise<readonly PartitionLag[]>;
  /** The lag of those partitions whose oldest unread record was appended before this moment (Unix ms). */
  overdue(group: string, topic: Topic, before: number): Promise<readonly PartitionLag[]>;
  /** Whether it takes records now, and a few words about that. */
  health(): LogHealth;
  /**
   * Copies records, positions and state into a directory, which is created; what is written after it resolves is not
   * in the copy. Only where the log is in the data directory.
   */
  snapshot?(directory: string): Promise<LogSnapshot>;
  close(): Promise<void>;
}
