/** The one way to a Kafka cluster: kafkajs with our codecs, timeouts and log. */
import {
  type ISocketFactory,
  Kafka,
  logLevel,
  Partitioners,
  type ProducerConfig,
  type RetryOptions,
  type SASLOptions,
} from "kafkajs";
import type { Logger } from "pino";
import { calmRequestQueue } from "./calm-request-queue.ts";
import { registerCodecs } from "./codecs.ts";
import type { KafkaConnection } from "./connection.ts";
import { keepCoordinator } from "./keep-coordinator.ts";
import { bridgeLog } from "./log-bridge.ts";
import { mendConnection } from "./mend-connection.ts";
import { mendFetch } from "./mend-fetch.ts";
import { mendLeave } from "./mend-leave.ts";
import { mendMetadata } from "./mend-metadata.ts";
import { mendOffsetFetch } from "./mend-offset-fetch.ts";
import { mendOffsetReset } from "./mend-offset-reset.ts";
import { mendProduce } from "./mend-produce.ts";

export interface KafkaClientOptions {
  readonly connection: KafkaConnection;
  /** What brokers call this client in their logs and quotas. */
  readonly clientId: string;
  readonly logger: Logger;
  /** Opens the connections; default: kafkajs's own. */
  readonly socketFactory?: ISocketFactory;
  /** Watch how long each request takes, by a timer that keeps the process alive; default true. */
  readonly enforceRequestTimeout?: boolean;
  /** What a batch may unpack to, for every client of the process; default 64 MiB. */
  readonly batchBytes?: number;
  /** How often a request is tried again, and when; default: about 9 s. */
  readonly retry?: RetryOptions;
}

const CONNECTION_TIMEOUT_MS = 3_000;
const REQUEST_TIMEOUT_MS = 10_000;
/** Waits of 0.1, 0.2, 0.4 … 2 s; eight are about 9 s, which outlasts an election but not a broker that is gone. */
const RETRY = { initialRetryTime: 100, maxRetryTime: 2_000, multiplier: 2, retries: 8 } as const;

/**
 * What every producer is created with: keys go to the partitions that Java's client and librdkafka's `murmur2_random`
 * choose for them. (Without a partitioner kafkajs prints a warning.)
 */
export const PRODUCER_DEFAULTS: ProducerConfig = {
  createPartitioner: Partitioners.DefaultPartitioner,
  allowAutoTopicCreation: false,
};

/**
 * A client of the cluster; connects when a producer, consumer or admin of it does. Errors of kafkajs are read with
 * `classifyKafkaError`. Defaults: 3 s to connect, 10 s for a request, about 9 s of retries.
 */
export function connectKafka(options: KafkaClientOptions): Kafka {
  const { connection, clientId, logger, socketFactory, retry, enforceRequestTimeout = true } = options;
  registerCodecs(options.batchBytes);
  calmRequestQueue();
  mendConnection();
  mendFetch();
  mendLeave();
  mendMetadata();
  mendOffsetFetch();
  mendOffsetReset();
  mendProduce();
  keepCoordinator();
  return new Kafka({
    brokers: [...connection.brokers],
    clientId,
    ssl: connection.ssl,
    ...(connection.sasl !== undefined && { sasl: saslOptions(connection.sasl) }),
    ...(socketFactory !== undefined && { socketFactory }),
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    enforceRequestTimeout,
    retry: { ...RETRY, ...retry },
    logLevel: logLevel.WARN,
    logCreator: () => bridgeLog(logger),
  });
}

/** kafkajs types each mechanism by itself. */
function saslOptions({ mechanism, username, password }: NonNullable<KafkaConnection["sasl"]>): SASLOptions {
  switch (mechanism) {
    case "plain":
      return { mechanism, username, password };
    case "scram-sha-256":
      return { mechanism, username, password };
    case "scram-sha-512":
      return { mechanism, username, password };
  }
}
