/**
 * The event log on Apache Kafka, by kafkajs. Several processes may have it open: the groups share out the partitions,
 * and transactional ids that belong to partitions keep a former owner from writing.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Kafka } from "kafkajs";
import type { Logger } from "pino";
import { verdictOf, WatchkeeperError } from "../../schemas/errors.ts";
import { COMPACTED_TOPICS, type Topic } from "../../schemas/topics.ts";
import { BATCH_LIMIT_BYTES } from "../kafka/batch-bound.ts";
import { connectKafka } from "../kafka/client.ts";
import { bestCompression } from "../kafka/codecs.ts";
import type { KafkaConnection } from "../kafka/connection.ts";
import { classifyKafkaError } from "../kafka/errors.ts";
import { settledBy } from "../settled-by.ts";
import { compactedTopic, logClosed, notCompacted } from "./embedded-errors.ts";
import type { ConsumeOptions, EventLog, LogAppend, PartitionLag } from "./event-log.ts";
import { type Admins, createAdmins } from "./kafka/admins.ts";
import { createAppender } from "./kafka/appender.ts";
import { type Follower, followTopic } from "./kafka/follow.ts";
import type { GapOptions } from "./kafka/gap-notes.ts";
import { type KafkaMember, startKafkaMember } from "./kafka/member.ts";
import { createNames, type Names } from "./kafka/names.ts";
import { createProbe } from "./kafka/probe.ts";
import { createSender } from "./kafka/sender.ts";
import { ensureTopics, retentionOf, type TopicPlan } from "./kafka/topics.ts";
import { createWatermarks } from "./kafka/watermarks.ts";
import { createPartitioner } from "./partitioner.ts";

export interface KafkaLogOptions extends TopicPlan, GapOptions {
  readonly connection: KafkaConnection;
  /** How this process is called in the broker's log and in the lists of members. */
  readonly clientId: string;
  readonly logger: Logger;
  /** Before the names of topics, groups and transactional ids; default none. */
  readonly prefix?: string;
  /**
   * What a batch may unpack to; one that is larger is told as a gap. Twice as much may wait for the readers of a group.
   * Default 64 MiB.
   */
  readonly batchBytes?: number;
  /** How long the brokers are waited for at the start; default 30,000. */
  readonly connectWithinMs?: number;
}

export interface KafkaLog extends EventLog {
  /** Every record of a compacted topic, all partitions, from the beginning on and then as they come; value null: removed. */
  follow(topic: Topic, take: (partition: number, key: string, value: Buffer | null) => void): Promise<Follower>;
  /** How long the brokers keep records of a topic, milliseconds; undefined: for ever. */
  retentionMs(topic: Topic): Promise<number | undefined>;
  /** Living members of a group, as its coordinator knows them. */
  members(group: string): Promise<readonly { readonly clientId: string }[]>;
  /** Resolves in seconds, and when the signal aborts. */
  close(late?: AbortSignal): Promise<void>;
}

const RETRY_MS = 250;
const elapsed = (): number => performance.now();
const sleep = (ms: number): Promise<void> => delay(ms, undefined, { ref: false });

/**
 * Connects, creates or checks the topics. Errors: `log_unavailable` when no broker answers in time, `kafka_auth_failed`,
 * `kafka_not_authorized`, `kafka_topics_differ`, `kafka_topic_misconfigured`.
 */
export async function openKafkaLog(options: KafkaLogOptions): Promise<KafkaLog> {
  const { connection, clientId, logger, batchBytes = BATCH_LIMIT_BYTES, connectWithinMs = 30_000 } = options;
  const kafka = connectKafka({ connection, clientId, logger, batchBytes });
  const admins = createAdmins(kafka);
  const names = createNames(options.prefix);
  const deadline = elapsed() + connectWithinMs;
  let before: WatchkeeperError | undefined;
  for (;;) {
    try {
      const within = Math.max(RETRY_MS, deadline - elapsed());
      const partitions = await admins.ask((admin) => ensureTopics(admin, options, names, logger), within);
      return createLog(kafka, admins, partitions, names, options);
    } catch (error) {
      const classified = classifyKafkaError(error);
      // Right after they were created topics are not known everywhere.
      const mayPass = verdictOf(classified) === "retry" || classified.code === "kafka_topic_missing";
      if (!mayPass || elapsed() + RETRY_MS > deadline) {
        await admins.close();
        // The deadline cuts the last try off: what the one before it met says more.
        throw mayPass ? noAnswer(connection.brokers, connectWithinMs, before ?? classified) : classified;
      }
      before = classified;
      logger.info({ error: classified.message }, "Kafka is not ready yet; trying again");
      // Nothing else may be open yet that keeps the process.
      await delay(RETRY_MS);
    }
  }
}

function noAnswer(brokers: readonly string[], withinMs: number, cause: WatchkeeperError): WatchkeeperError {
  const where = brokers.join(", ");
  return new WatchkeeperError(`Kafka at ${where} was not ready within ${withinMs / 1_000} s: ${cause.message}`, {
    code: cause.code,
    verdict: cause.verdict,
    hint: "Is it running, and is KAFKA_BROKERS right? What a broker says of itself (advertised.listeners) must be reachable too.",
    ...(cause.retryAfterMs !== undefined && { retryAfterMs: cause.retryAfterMs }),
    cause,
  });
}

function createLog(kafka: Kafka, admins: Admins, partitions: number, names: Names, options: KafkaLogOptions): KafkaLog {
  const { logger, onGap, recordOfGap, batchBytes = BATCH_LIMIT_BYTES } = options;
  const compression = bestCompression();
  const watermarks = createWatermarks(admins, names, sleep);
  const partitionOf = createPartitioner(partitions);
  const sender = createSender(kafka, compression, names);
  const { minInsyncReplicas } = options;
  const probe = createProbe({ admins, watermarks, names, minInsyncReplicas });
  const appender = createAppender({ sender, probe, elapsed, sleep });
  const members = new Map<KafkaMember, string>();
  const followers = new Set<Follower>();
  let closing: Promise<void> | undefined;

  function mustBeOpen(): void {
    if (closing !== undefined) throw logClosed();
  }

  function mustTakeAppends(topic: Topic): void {
    if (COMPACTED_TOPICS.includes(topic)) throw compactedTopic(topic);
  }

  function consume(wanted: ConsumeOptions): KafkaMember {
    mustBeOpen();
    wanted.topics.forEach(mustTakeAppends);
    for (const topic of wanted.state ?? []) if (!COMPACTED_TOPICS.includes(topic)) throw notCompacted(topic);
    const member = startKafkaMember({
      ...{ kafka, compression, names, watermarks, partitionOf, elapsed, sleep, logger, onGap, recordOfGap },
      ...wanted,
      roomBytes: 2 * batchBytes,
    });
    members.set(member, wanted.group);
    void member.done.catch(() => undefined).then(() => members.delete(member));
    return member;
  }

  async function append(records: readonly LogAppend[]): Promise<void> {
    mustBeOpen();
    await appender.append(
      records.map((record) => {
        mustTakeAppends(record.topic);
        return { ...record, partition: partitionOf(record.key) };
      }),
    );
  }

  async function lag(group: string, topic: Topic): Promise<PartitionLag[]> {
    try {
      const [ends, committed] = await Promise.all([watermarks.of(topic), watermarks.committed(group, topic)]);
      const owned = [...members].flatMap(([member, name]) => (name === group ? [member] : []));
      return [...ends]
        .sort(([a], [b]) => a - b)
        .map(([partition, { low, high }]) => {
          const position = committed.get(partition) ?? -1;
          const end = Math.min(high, ...owned.map((member) => member.endOf(topic, partition, high) ?? high));
          return { topic, partition, committed: position < 0 ? low : position, end };
        });
    } catch (error) {
      throw classifyKafkaError(error);
    }
  }

  async function overdue(group: string, topic: Topic, before: number): Promise<PartitionLag[]> {
    const [lags, young] = await Promise.all([lag(group, topic), watermarks.since(topic, before)]);
    return lags.filter(({ partition, committed, end }) => committed < Math.min(end, young.get(partition) ?? 0));
  }

  async function follow(topic: Topic, take: Parameters<KafkaLog["follow"]>[1]): Promise<Follower> {
    mustBeOpen();
    const group = names.group(`follow-${randomUUID()}`);
    const follower = await followTopic({ kafka, admins, names, watermarks, group, topic, take, sleep, logger });
    if (closing !== undefined) {
      await follower.stop();
      throw logClosed();
    }
    followers.add(follower);
    return {
      ...follower,
      async stop(late) {
        await follower.stop(late);
        followers.delete(follower);
      },
    };
  }

  async function shut(late: AbortSignal | undefined): Promise<void> {
    await Promise.all([...members.keys(), ...followers].map((one) => one.stop(late)));
    await settledBy(appender.close(), late);
    await settledBy(admins.close(), late);
  }

  return {
    partitions,
    partitionOf,
    append,
    async broadcast(topic, value, to = Array.from({ length: partitions }, (_, partition) => partition)) {
      mustBeOpen();
      mustTakeAppends(topic);
      await appender.append(to.map((partition) => ({ topic, partition, key: "", value })));
    },
    consume,
    lag,
    overdue,
    health: () => healthOf(appender.trouble),
    follow,
    retentionMs: (topic) => admins.ask((admin) => retentionOf(admin, names.topic(topic))),
    async members(group) {
      const { groups } = await admins.ask((admin) => admin.describeGroups([names.group(group)]));
      return groups.flatMap((found) => found.members.map(({ clientId }) => ({ clientId })));
    },
    close(late) {
      closing ??= shut(late);
      return closing;
    },
  };
}

function healthOf(trouble: WatchkeeperError | undefined): { ok: boolean; detail: string } {
  return trouble === undefined ? { ok: true, detail: "Kafka takes records" } : { ok: false, detail: trouble.message };
}
