import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import pino from "pino";
import { openEmbeddedLog } from "../../../ingest/log/embedded-log.ts";
import type { EventLog, LogAppend } from "../../../ingest/log/event-log.ts";
import type { Sleep } from "../../../ingest/retrying.ts";
import type { EventRecord } from "../../../schemas/journal.ts";
import { TOPICS, type Topic } from "../../../schemas/topics.ts";

import { until } from "../../until.ts";

export { until };

export const silent = pino({ level: "silent" });

/** Real time, cut short by the signal. */
export const sleep: Sleep = (ms, signal) =>
  wait(ms, undefined, { signal }).then(
    () => undefined,
    () => undefined,
  );

const RAW = '{"agent":"competitor_monitor","note":"ümlaut \\u0000"}';

/** As intake writes it: the line last. */
export function event({ raw = RAW, ...fields }: Partial<EventRecord> & { readonly id: string }): EventRecord {
  return {
    type: "event",
    schema_version: 1,
    id_source: "producer",
    content: "0123456789abcdef0123456789abcdef",
    agent: "competitor_monitor",
    kind: "api_call",
    tool: "competitor_api",
    timestamp: 1_769_524_332_000,
    arrived_at: 1_769_524_332_100,
    judged_at: 1_769_524_332_000,
    clock: "ok",
    cost: "0.001",
    cost_source: "reported",
    ...fields,
    raw,
  };
}

export function append(
  record: { readonly type: string; readonly agent?: string },
  topic: Topic = TOPICS.journal,
): LogAppend {
  return { topic, key: record.agent ?? record.type, value: JSON.stringify(record) };
}

export interface TemporaryLog {
  readonly log: EventLog;
  remove(): Promise<void>;
}

export async function temporaryLog(partitions = 2): Promise<TemporaryLog> {
  const directory = await mkdtemp(join(tmpdir(), "watchkeeper-log-"));
  const log = await openEmbeddedLog({ directory, partitions, limitBytes: 1024 ** 3, now: Date.now });
  return {
    log,
    async remove() {
      await log.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Waits until the group has committed everything of the topics. */
export async function caughtUp(log: EventLog, group: string, topics: readonly Topic[]): Promise<void> {
  await until(async () => {
    const lags = await Promise.all(topics.map((topic) => log.lag(group, topic)));
    return lags.flat().every(({ committed, end }) => committed === end);
  });
}
