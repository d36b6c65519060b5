/**
 * The group "store": journal, dead letters and findings on their way to ClickHouse, each record once, whatever stops
 * in between. Nothing that decides or sends an alert waits for it.
 */
import type { ClickHouseClient } from "@clickhouse/client";
import type { Logger } from "pino";
import type { Registry } from "prom-client";
import type { ErrorVerdict } from "../../schemas/errors.ts";
import type { Topic } from "../../schemas/topics.ts";
import type { EventLog } from "../log/event-log.ts";

/** Waits; resolves early when the signal aborts. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>;

/** One range of offsets that is now in ClickHouse. */
export interface Stored {
  readonly topic: Topic;
  readonly partition: number;
  readonly from: number;
  readonly to: number;
  readonly rows: number;
  /** Rows of history that was brought in: learning should look again soon. */
  readonly backfillRows: number;
}

export interface StoreOptions {
  readonly log: EventLog;
  /** Connected to the database, with the right to insert. */
  readonly client: ClickHouseClient;
  readonly database: string;
  /** What an error of the store means: `classifyStoreError` (ingest/clickhouse). */
  readonly classify: (error: unknown) => ErrorVerdict;
  readonly logger: Logger;
  readonly registry: Registry;
  /** Identities that the repeat filter remembers per partition (`limits.recentIds`). */
  readonly recentIds: number;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly sleep: Sleep;
  /** For the jitter of retries, in [0, 1); default Math.random. */
  readonly random?: () => number;
  readonly onStored?: (stored: Stored) => void;
  /** A batch is sent at this many records, characters, or this long after its first record. */
  readonly flushRows?: number;
  readonly flushBytes?: number;
  readonly flushAfterMs?: number;
}

export interface Store {
  /** Resolves when stopped, rejects with the first error that no retry can mend. */
  readonly done: Promise<void>;
  /** Sends what is buffered if that takes at most a few seconds, else leaves it to the next start; then leaves. */
  stop(): Promise<void>;
}
