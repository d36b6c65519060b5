/**
 * The group "watch": every partition of the journal goes through the repeat filter into the deterministic core, whose
 * outputs are durable before anybody acts on them.
 */
import { setMaxListeners } from "node:events";
import type { Logger } from "pino";
import type { Registry } from "prom-client";
import { GROUPS, TOPICS } from "../schemas/topics.ts";
import type { EventLog } from "./log/event-log.ts";
import type { Sleep } from "./retrying.ts";
import { stopWithin } from "./stop-within.ts";
import type { OpenCore } from "./watch/core.ts";
import { openWatchPartition } from "./watch/partition.ts";
import { createWatchTelemetry } from "./watch/telemetry.ts";

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
  /** For the jitter of retries, in [0, 1); default Math.random. */
  readonly random?: () => number;
  /** Time between two sweeps of checkpoints; default 5,000. */
  readonly checkpointEveryMs?: number;
  /** Least time between two ticks of a partition; default 1,000. */
  readonly tickEveryMs?: number;
}

export interface Watch {
  /** Resolves when stopped, rejects with what ended the watch. */
  readonly done: Promise<void>;
  /** Resolves when every partition was opened once: where one process has them all, all know their configuration. */
  readonly opened: Promise<void>;
  /** Age of the oldest record that is being judged, in milliseconds; 0 while none is. */
  behindMs(): number;
  /** Finishes the batch at hand, writes every checkpoint, leaves the group; gives up what is left when the signal aborts. */
  stop(late?: AbortSignal): Promise<void>;
}

/** Small batches: their outputs are durable and released before the next one is read. */
const BATCH_BYTES = 256 * 1024;
/** How long a stop waits for an event log that takes nothing. */
const STOP_WITHIN_MS = 6_000;

/** Joins the group. Reading starts at once, each partition from its own checkpoint. */
export function startWatch<Changed>(options: WatchOptions<Changed>): Watch {
  const { log, sleep, now, openCore, recentIds } = options;
  const lag = () => log.lag(GROUPS.watch, TOPICS.journal);
  const telemetry = createWatchTelemetry({ logger: options.logger, registry: options.registry, lag });
  const giveUp = new AbortController();
  const inHand = new Map<number, number>();
  // Every partition listens, to waits and to requests.
  setMaxListeners(0, giveUp.signal);
  let onFailure: (error: unknown) => void = () => {};
  const failed = new Promise<never>((_resolve, reject) => {
    onFailure = reject;
  });
  const unopened = new Set(Array.from({ length: log.partitions }, (_, partition) => partition));
  let onOpened: () => void = () => {};
  const opened = new Promise<void>((resolve) => {
    onOpened = resolve;
  });
  const member = log.consume({
    group: GROUPS.watch,
    topics: [TOPICS.journal],
    state: [TOPICS.watchState, TOPICS.incidents],
    maxBatchBytes: BATCH_BYTES,
    async open(assignment) {
      const reader = await openWatchPartition(assignment, {
        ...{ sleep, now, openCore, recentIds, telemetry, onFailure, inHand },
        random: options.random ?? Math.random,
        giveUp: giveUp.signal,
        checkpointEveryMs: options.checkpointEveryMs ?? 5_000,
        tickEveryMs: options.tickEveryMs ?? 1_000,
      });
      unopened.delete(assignment.partition);
      if (unopened.size === 0) onOpened();
      return reader;
    },
  });

  const done = Promise.race([failed, member.done]);
  // A stopped program awaits `stop` alone; that must not end it by an unhandled rejection.
  done.catch(() => {});
  return {
    done,
    opened,
    behindMs: () => Math.max(0, ...[...inHand.values()].map((since) => now() - since)),
    stop: (late) => stopWithin(() => member.stop(late), { giveUp, ms: STOP_WITHIN_MS, late, sleep }),
  };
}
