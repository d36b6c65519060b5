/** The event log that the settings name: Kafka, or the embedded one in the data directory, kept within its bounds. */
import { createHash } from "node:crypto";
import { hostname } from "node:os";
import { join } from "node:path";
import type { Logger } from "pino";
import type { Registry } from "prom-client";
import type { Config } from "../../schemas/config.ts";
import type { Topic } from "../../schemas/topics.ts";
import type { KafkaConnection } from "../kafka/connection.ts";
import type { Sleep } from "../retrying.ts";
import { createGapReporter } from "../self/gap-reporter.ts";
import type { LogSize } from "../self/lag-watch.ts";
import { openEmbeddedLog } from "./embedded-log.ts";
import type { EventLog } from "./event-log.ts";
import type { KafkaLog } from "./kafka-log.ts";
import { keepToLog } from "./kept-log.ts";
import { startLogRetention } from "./log-retention.ts";

export interface OpenLogOptions {
  /** Undefined: the embedded log. */
  readonly kafka: KafkaConnection | undefined;
  readonly clientId: string;
  readonly dataDirectory: string;
  readonly config: Pick<Config, "kafka" | "limits" | "retention">;
  readonly now: () => number;
  readonly sleep: Sleep;
  readonly logger: Logger;
  readonly registry: Registry;
}

export interface OpenedLog {
  readonly log: EventLog;
  /** The same, where other processes share it. */
  readonly cluster: KafkaLog | undefined;
  /** How large it may grow, where it keeps its size itself. */
  readonly size: LogSize | undefined;
  /** How long records of a topic are kept, milliseconds; undefined: for ever. */
  retentionMs(topic: Topic): Promise<number | undefined>;
  /** Gives up what is left when the signal aborts. */
  close(late?: AbortSignal): Promise<void>;
}

/** How this process is called among the members of a group: the same after a restart on the same data directory. */
export function clientIdOf(dataDirectory: string): string {
  const place = createHash("sha256").update(dataDirectory).digest("hex").slice(0, 8);
  return `watchkeeper-${hostname()}-${place}`;
}

/** Errors: those of `keepToLog`, `openKafkaLog` and `openEmbeddedLog`. */
export async function openLog(options: OpenLogOptions): Promise<OpenedLog> {
  const { kafka, dataDirectory } = options;
  const note = await keepToLog(dataDirectory, kafka === undefined ? "embedded" : "kafka");
  const opened = kafka === undefined ? await openEmbedded(options) : await openOnKafka(options, kafka);
  await note();
  return opened;
}

async function openOnKafka(options: OpenLogOptions, kafka: KafkaConnection): Promise<OpenedLog> {
  const { config, now, logger } = options;
  const { partitions, replication, minInsyncReplicas, inletPartitions, inletRetention } = config.kafka;
  // Only here, so that a process without Kafka does not carry its client.
  const { openKafkaLog } = await import("./kafka-log.ts");
  const cluster: KafkaLog = await openKafkaLog({
    ...{ connection: kafka, clientId: options.clientId, now, logger, partitions, inletPartitions },
    ...(replication === undefined ? {} : { replication }),
    ...(minInsyncReplicas === undefined ? {} : { minInsyncReplicas }),
    inletRetentionMs: inletRetention,
    batchBytes: config.limits.batchBytes,
    journalRetentionMs: config.retention.journal,
    ...createGapReporter(options),
  });
  return {
    ...{ log: cluster, cluster, size: undefined, retentionMs: cluster.retentionMs },
    close: (late) => cluster.close(late),
  };
}

async function openEmbedded({ dataDirectory, config, now, logger }: OpenLogOptions): Promise<OpenedLog> {
  const directory = join(dataDirectory, "log");
  const log = await openEmbeddedLog({ directory, limitBytes: config.limits.journalBytes, now, logger });
  const retention = startLogRetention({ log, retentionMs: config.retention.journal, now, logger });
  return {
    log,
    cluster: undefined,
    size: { limitBytes: config.limits.journalBytes, bytesBehind: log.bytesBehind },
    retentionMs: async () => config.retention.journal,
    async close() {
      await retention.stop();
      await log.close();
    },
  };
}
