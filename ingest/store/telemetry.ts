/** What happens in the store group, as log lines and metrics. */
import type { Logger } from "pino";
import { Counter, Histogram, type Registry } from "prom-client";
import type { TableName } from "../../schemas/clickhouse/tables.ts";
import { messageOf } from "../../schemas/errors.ts";
import type { Topic } from "../../schemas/topics.ts";
import { registerLagGauge } from "../lag-gauge.ts";
import type { PartitionLag } from "../log/event-log.ts";

interface Where {
  readonly topic: Topic;
  readonly partition: number;
}

interface Retry extends Where {
  readonly attempt: number;
  readonly delayMs: number;
  readonly error: unknown;
}

export interface StoreTelemetry {
  repeatDropped(): void;
  conflictKept(where: Where & { readonly offset: number }): void;
  recordUnreadable(where: Where & { readonly offset: number }): void;
  rowRefused(row: Where & { readonly offset: number; readonly table: TableName; readonly error: unknown }): void;
  /** Call the answer with the number of rows when the insert is acknowledged. */
  insertStarted(table: TableName): (rows: number) => void;
  insertRetried(retry: Retry & { readonly table: TableName }): void;
  commitRetried(retry: Retry): void;
  rangeReplayed(range: Where & { readonly from: number; readonly to: number }): void;
  rangeStored(topic: Topic): void;
  /** Milliseconds from an event's arrival to its being stored. */
  eventStored(delayMs: number): void;
  leftForNextStart(where: Where & { readonly records: number }): void;
}

export interface StoreTelemetryOptions {
  readonly logger: Logger;
  readonly registry: Registry;
  readonly lag: () => Promise<readonly PartitionLag[]>;
}

export function createStoreTelemetry({ logger, registry, lag }: StoreTelemetryOptions): StoreTelemetry {
  const registers = [registry];
  const counter = (name: string, help: string, labelNames: string[] = []) =>
    new Counter({ name: `watchkeeper_store_${name}`, help, labelNames, registers });
  const repeats = counter("repeats_total", "Events that repeat an identity and were not stored again");
  const conflicts = counter("conflicts_total", "Events that carry a known identity with other content; they are kept");
  const unreadable = counter("unreadable_records_total", "Log records that are none of ours, sent to the dead letters");
  const refused = counter("refused_rows_total", "Rows that the store refused, sent to the dead letters", ["table"]);
  const rows = counter("rows_total", "Rows that the store acknowledged", ["table"]);
  const batches = counter("batches_total", "Ranges of offsets that are stored and committed", ["topic"]);
  const retries = counter("retries_total", "Steps that failed and were tried again", ["step"]);
  const insertSeconds = new Histogram({
    name: "watchkeeper_store_insert_seconds",
    help: "Time of one acknowledged insert",
    labelNames: ["table"],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers,
  });
  const delaySeconds = new Histogram({
    name: "watchkeeper_store_stored_after_seconds",
    help: "From an event's arrival to its being stored",
    buckets: [0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30, 60, 300, 900, 3600],
    registers,
  });
  registerLagGauge({
    name: "watchkeeper_store_lag_records",
    help: "Log records that are not stored yet",
    labelNames: ["topic", "partition"],
    async read(set) {
      for (const { topic, partition, committed, end } of await lag()) set({ topic, partition }, end - committed);
    },
    failed: "the lag of the store group cannot be read",
    ...{ registry, logger },
  });

  return {
    repeatDropped: () => repeats.inc(),
    conflictKept(where) {
      conflicts.inc();
      logger.warn(where, "an event carries a known id with other content; both are kept");
    },
    recordUnreadable(where) {
      unreadable.inc();
      logger.error(where, "a log record cannot be read; it goes to the dead letters");
    },
    rowRefused({ error, ...row }) {
      refused.inc({ table: row.table });
      logger.error({ ...row, error: messageOf(error) }, "the store refused a row; it goes to the dead letters");
    },
    insertStarted(table) {
      const stop = insertSeconds.startTimer({ table });
      return (count) => {
        stop();
        rows.inc({ table }, count);
      };
    },
    insertRetried({ error, ...retry }) {
      retries.inc({ step: "insert" });
      logger.warn({ ...retry, error: messageOf(error) }, "the store did not take a batch; trying again");
    },
    commitRetried({ error, ...retry }) {
      retries.inc({ step: "commit" });
      logger.warn({ ...retry, error: messageOf(error) }, "the event log did not take a position; trying again");
    },
    rangeReplayed: (range) => logger.info(range, "a batch that was cut off is sent again"),
    rangeStored: (topic) => batches.inc({ topic }),
    eventStored: (delayMs) => delaySeconds.observe(Math.max(0, delayMs) / 1000),
    leftForNextStart: (where) =>
      logger.warn(where, "the store did not take what is buffered before the stop; the next start stores it"),
  };
}
