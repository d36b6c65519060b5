/**
 * The group "watch": every partition of the journal goes through the repeat filter into the deterministic core, whose
 * outputs are durable before anybody acts on them.
 */
import type { Logger } from "pino";
import type { Registry } from "prom-client";
import { GROUPS, TOPICS } from "../schemas/topics.ts";
import type { EventLog } from "./log/event-log.ts";
import type { OpenCore } from "./watch/core.ts";
import { openWatchPartition } from "./watch/partition.ts";
import { createWatchTelemetry } from "./watch/telemetry.ts";

/** Waits; resolves early when the signal aborts. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>;

export interface WatchOptions<Changed> {
  readonly log: EventLog;
  readonly openCore: OpenCore<Changed>;
  /** Identities that the repeat filter remembers per partition (`limits.recentIds`). */
  readonly recentIds: number;
  readonly logger: Logger;
  readonly registry: Registry;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly sleep: Sleep;
  /** Time between two sweeps of checkpoints; default 5,000. */
  readonly checkpointEveryMs?: number;
  /** Least time between two ticks of a partition; default 1,000. */
  readonly tickEveryMs?: number;
}

export interface Watch {
  /** Resolves when stopped, rejects with what ended the watch. */
  readonly done: Promise<void>;
  /** Finishes the batch at hand, writes every checkpoint, leaves the group. */
  stop(): Promise<void>;
}
