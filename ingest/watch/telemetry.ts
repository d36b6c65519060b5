/** What happens in the watch's reader, as log lines and metrics. */
import type { Logger } from "pino";
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { messageOf } from "../../schemas/errors.ts";
import { registerLagGauge } from "../lag-gauge.ts";
import type { PartitionLag } from "../log/event-log.ts";

export interface WatchTelemetry {
  partitionOpened(partition: {
    readonly partition: number;
    readonly committed: number;
    readonly startAt: number;
    readonly end: number;
    readonly stateKeys: number;
  }): void;
  recordJudged(type: string): void;
  repeatDropped(): void;
  recordUnreadable(where: { readonly partition: number; readonly offset: number }): void;
  /** Milliseconds from an event's arrival to its judgement, outputs durable. */
  eventJudged(delayMs: number): void;
  /** The next offset that the partition's owner judges. */
  reached(partition: number, offset: number): void;
  /** It has another owner from now on, or none. */
  partitionClosed(partition: number): void;
  ticked(): void;
  /** Call the answer when the checkpoint is complete. */
  checkpointStarted(): (keys: number) => void;
  /** Milliseconds back within which a repeat is surely seen. */
  horizonHeld(partition: number, ms: number): void;
  commitRetried(retry: {
    readonly partition: number;
    readonly attempt: number;
    readonly delayMs: number;
    readonly error: unknown;
  }): void;
}

export interface WatchTelemetryOptions {
  readonly logger: Logger;
  readonly registry: Registry;
  readonly lag: () => Promise<readonly PartitionLag[]>;
}

export function createWatchTelemetry({ logger, registry, lag }: WatchTelemetryOptions): WatchTelemetry {
  const registers = [registry];
  const counter = (name: string, help: string, labelNames: string[] = []) =>
    new Counter({ name: `watchkeeper_watch_${name}`, help, labelNames, registers });
  const records = counter("records_total", "Journal records that were judged", ["type"]);
  const repeats = counter("repeats_total", "Events that repeat an identity and were not judged again");
  const unreadable = counter("unreadable_records_total", "Journal records that cannot be read and were skipped");
  const ticks = counter("ticks_total", "Ticks written while a partition was quiet and a timer was due");
  const retries = counter("retries_total", "Commits that failed and were tried again");
  const checkpointKeys = counter("checkpoint_keys_total", "State keys written by checkpoints");
  const checkpointSeconds = new Histogram({
    name: "watchkeeper_watch_checkpoint_seconds",
    help: "Time of one sweep of checkpoints, batches in between included",
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers,
  });
  const delaySeconds = new Histogram({
    name: "watchkeeper_watch_judged_after_seconds",
    help: "From an event's arrival to its judgement; without history and without what stood in the log at the start",
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    registers,
  });
  const horizon = new Gauge({
    name: "watchkeeper_watch_repeat_horizon_seconds",
    help: "How far back a repeated identity is surely recognised",
    labelNames: ["partition"],
    registers,
  });
  const positions = new Map<number, number>();
  registerLagGauge({
    name: "watchkeeper_watch_lag_records",
    help: "Journal records that are not judged yet",
    labelNames: ["partition"],
    async read(set) {
      for (const { partition, committed, end } of await lag()) {
        // Another process may have gone on where this one was.
        set({ partition }, end - Math.max(positions.get(partition) ?? 0, committed));
      }
    },
    failed: "the lag of the watch cannot be read",
    ...{ registry, logger },
  });

  return {
    partitionOpened: (partition) => logger.info(partition, "the watch took a partition"),
    recordJudged: (type) => records.inc({ type }),
    repeatDropped: () => repeats.inc(),
    recordUnreadable(where) {
      unreadable.inc();
      logger.error(where, "a journal record cannot be read and is not judged");
    },
    eventJudged: (delayMs) => delaySeconds.observe(Math.max(0, delayMs) / 1000),
    reached: (partition, offset) => positions.set(partition, offset),
    partitionClosed(partition) {
      positions.delete(partition);
      horizon.remove({ partition });
    },
    ticked: () => ticks.inc(),
    checkpointStarted() {
      const stop = checkpointSeconds.startTimer();
      return (keys) => {
        stop();
        checkpointKeys.inc(keys);
      };
    },
    horizonHeld: (partition, ms) => horizon.set({ partition }, ms / 1000),
    commitRetried({ error, ...retry }) {
      retries.inc();
      logger.error(
        { ...retry, error: messageOf(error) },
        "the event log did not take the watch's outputs; trying again",
      );
    },
  };
}
