/**
 * Looks how far every group is behind: a metric, and where it passes half of what is kept, a record of the journal that
 * becomes an alert. Retention would pass such a group; the embedded log, whose retention waits, would refuse events.
 */
import type { Logger } from "pino";
import type { Registry } from "prom-client";
import { messageOf } from "../../schemas/errors.ts";
import type { LagRecord } from "../../schemas/self.ts";
import { GROUPS, TOPICS, type Topic } from "../../schemas/topics.ts";
import { registerLagGauge } from "../lag-gauge.ts";
import type { EventLog } from "../log/event-log.ts";
import type { Sleep } from "../retrying.ts";
import { settledBy } from "../settled-by.ts";
import { selfAppend } from "./self-record.ts";

/** What each group reads. The inlet has records with Kafka only. */
const READ: readonly (readonly [group: string, topic: Topic])[] = [
  [GROUPS.intake, TOPICS.events],
  [GROUPS.watch, TOPICS.journal],
  [GROUPS.store, TOPICS.journal],
  [GROUPS.store, TOPICS.dead],
  [GROUPS.store, TOPICS.findings],
];

/** How large the log may grow, where it keeps its size itself. */
export interface LogSize {
  readonly limitBytes: number;
  bytesBehind(group: string, topic: Topic): number;
}

export interface LagWatchOptions {
  readonly log: Pick<EventLog, "lag" | "overdue" | "append">;
  /** How long a topic's records are kept, milliseconds; undefined: for ever. */
  readonly retentionMs: (topic: Topic) => Promise<number | undefined>;
  readonly size?: LogSize | undefined;
  /** One process of many writes the records: the one that will judge them. */
  readonly isResponsible: () => boolean;
  readonly logger: Logger;
  readonly registry: Registry;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly sleep: Sleep;
  /** Default a minute. */
  readonly everyMs?: number;
}

/** The share of what is kept that a group may be behind. */
const SHARE = 0.5;

export interface LagWatch {
  /** Waits for no answer; a record that is being written is waited for until the signal aborts. */
  stop(late?: AbortSignal): Promise<void>;
}

export function startLagWatch(options: LagWatchOptions): LagWatch {
  const { log, logger, now, everyMs = 60_000 } = options;
  registerLag(options);
  const stopping = new AbortController();
  /** Groups and topics of which the last record says that they are behind. */
  const behind = new Set<string>();

  async function measure(group: string, topic: Topic): Promise<LagRecord> {
    const at = now();
    const record = { type: "lag", at, group, topic } as const;
    const retention = await options.retentionMs(topic);
    const old = retention === undefined ? [] : await log.overdue(group, topic, at - retention * SHARE);
    if (old.length > 0)
      return { ...record, ...totalOf(old), ...(retention !== undefined && { retention_ms: retention }) };
    const { size } = options;
    if (size === undefined || size.bytesBehind(group, topic) <= size.limitBytes * SHARE)
      return { ...record, partitions: [], records: 0 };
    const lags = await log.lag(group, topic);
    return {
      ...record,
      ...totalOf(lags.filter(({ committed, end }) => committed < end)),
      limit_bytes: size.limitBytes,
    };
  }

  async function look(group: string, topic: Topic): Promise<void> {
    const key = `${group}/${topic}`;
    const measuring = measure(group, topic);
    await settledBy(measuring, stopping.signal);
    if (stopping.signal.aborted) return;
    const record = await measuring;
    const isBehind = record.partitions.length > 0;
    if (!isBehind && !behind.has(key)) return;
    if (isBehind) logger.error(record, "a group is more than half of what is kept behind");
    else logger.info(record, "a group is no longer more than half of what is kept behind");
    await log.append([selfAppend(record)]);
    if (isBehind) behind.add(key);
    else behind.delete(key);
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      await options.sleep(everyMs, stopping.signal);
      if (stopping.signal.aborted || !options.isResponsible()) continue;
      for (const [group, topic] of READ) {
        if (stopping.signal.aborted) return;
        try {
          await look(group, topic);
        } catch (error) {
          logger.warn({ group, topic, error: messageOf(error) }, "the lag of a group cannot be looked at; later again");
        }
      }
    }
  }

  const running = run();
  return {
    async stop(late) {
      stopping.abort();
      await settledBy(running, late);
    },
  };
}

function totalOf(lags: Awaited<ReturnType<EventLog["lag"]>>): Pick<LagRecord, "partitions" | "records"> {
  return {
    partitions: lags.map(({ partition }) => partition),
    records: lags.reduce((sum, { committed, end }) => sum + end - committed, 0),
  };
}

function registerLag({ log, logger, registry }: Pick<LagWatchOptions, "log" | "logger" | "registry">): void {
  registerLagGauge({
    name: "watchkeeper_log_lag_records",
    help: "Records that a group has not committed yet; every process with the watch shows the same",
    labelNames: ["group", "topic", "partition"],
    async read(set) {
      const asked = READ.map(async ([group, topic]) => {
        for (const { partition, committed, end } of await log.lag(group, topic)) {
          set({ group, topic, partition }, end - committed);
        }
      });
      for (const result of await Promise.allSettled(asked)) if (result.status === "rejected") throw result.reason;
    },
    failed: "the lag of a group cannot be read",
    ...{ registry, logger },
  });
}
