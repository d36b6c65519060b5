/** The topics on the broker: created as they must be, or checked where they exist. */
import kafkajs, { type Admin, type ITopicConfig } from "kafkajs";
import type { Logger } from "pino";
import { WatchkeeperError } from "../../../schemas/errors.ts";
import { COMPACTED_TOPICS, TOPICS, type Topic } from "../../../schemas/topics.ts";
import type { Names } from "./names.ts";
import { checkTopics, defaultInsync } from "./topic-check.ts";

const ALL = Object.values(TOPICS);

export interface TopicPlan {
  /** Of the journal and of every topic that goes with it; fixed at creation. */
  readonly partitions: number;
  /** Default: 3, or the number of brokers if less. */
  readonly replication?: number;
  /** Default: 2 where there are three replicas or more, else 1. */
  readonly minInsyncReplicas?: number;
  readonly inletPartitions: number;
  readonly inletRetentionMs: number;
  readonly journalRetentionMs: number;
}

/** A record of ours may hold a line of `limits.lineBytes` twice over, and state of an agent. */
const MAX_MESSAGE_BYTES = 8 * 1024 ** 2;

/** State is read whole at every takeover, so it is compacted early and often. */
const COMPACTED = {
  "cleanup.policy": "compact",
  "min.cleanable.dirty.ratio": "0.2",
  "segment.ms": String(10 * 60_000),
  "max.message.bytes": String(MAX_MESSAGE_BYTES),
};

function settingsOf(topic: Topic, plan: TopicPlan): Readonly<Record<string, string>> {
  if (COMPACTED_TOPICS.includes(topic)) return COMPACTED;
  const isInlet = topic === TOPICS.events;
  return {
    "cleanup.policy": "delete",
    "retention.ms": String(isInlet ? plan.inletRetentionMs : plan.journalRetentionMs),
    // Arrival is the broker's word, not the producer's.
    "message.timestamp.type": "LogAppendTime",
    ...(isInlet ? {} : { "max.message.bytes": String(MAX_MESSAGE_BYTES) }),
  };
}

/**
 * Creates what is missing and checks what is there. Returns the partitions of our topics: those of the journal that
 * exists, else those asked for.
 *
 * Errors: `kafka_topics_differ`, `kafka_topic_misconfigured`, and what the broker says.
 */
export async function ensureTopics(
  admin: Admin,
  plan: TopicPlan,
  names: Names,
  logger: Pick<Logger, "info" | "warn">,
): Promise<number> {
  const existing = new Set(await admin.listTopics());
  const [there, missing] = [true, false].map((is) => ALL.filter((topic) => existing.has(names.topic(topic)) === is));
  const { brokers } = await admin.describeCluster();
  const replication = plan.replication ?? Math.min(3, brokers.length);
  const minInsync = plan.minInsyncReplicas ?? defaultInsync(replication);
  if (minInsync > replication) throw cannotBeWritten(minInsync, replication);
  const known = await partitionsOf(admin, there ?? [], names);
  const partitions = known.get(TOPICS.journal) ?? plan.partitions;
  if (partitions !== plan.partitions) {
    logger.warn({ partitions, asked: plan.partitions }, "the journal's partition count stays as it was created");
  }
  if (missing !== undefined && missing.length > 0) {
    const topics: ITopicConfig[] = missing.map((topic) => ({
      topic: names.topic(topic),
      numPartitions: topic === TOPICS.events ? plan.inletPartitions : partitions,
      replicationFactor: replication,
      configEntries: Object.entries({
        ...settingsOf(topic, plan),
        "min.insync.replicas": String(minInsync),
      }).map(([name, value]) => ({ name, value })),
    }));
    // Another process may create them at the same moment: then it did what we would have done.
    await admin.createTopics({ topics, waitForLeaders: false });
  }
  const inletPartitions = await mustBelongTogether(admin, partitions, names);
  if (inletPartitions !== plan.inletPartitions) {
    const found = { topic: names.topic(TOPICS.events), partitions: inletPartitions, asked: plan.inletPartitions };
    logger.warn(found, "the inlet's partition count stays as it was created");
  }
  const { minInsyncReplicas } = plan;
  await checkTopics({
    ...{ admin, names, logger, replication, minInsyncReplicas },
    topics: ALL.map((topic) => ({ topic, isOurs: topic !== TOPICS.events, settings: settingsOf(topic, plan) })),
  });
  return partitions;
}

function cannotBeWritten(minInsync: number, replication: number): WatchkeeperError {
  const message = `${minInsync} copies must have a record before it counts as written, and topics get ${replication}.`;
  return new WatchkeeperError(message, {
    code: "kafka_topic_misconfigured",
    hint: "Lower kafka.minInsyncReplicas, or raise kafka.replication on as many brokers.",
  });
}

async function partitionsOf(admin: Admin, topics: readonly Topic[], names: Names): Promise<Map<Topic, number>> {
  if (topics.length === 0) return new Map();
  const { topics: found } = await admin.fetchTopicMetadata({ topics: topics.map(names.topic) });
  return new Map(found.map(({ name, partitions }) => [names.topicOf(name), partitions.length]));
}

/** How long the broker keeps records of a topic, milliseconds; undefined: for ever. */
export async function retentionOf(admin: Admin, name: string): Promise<number | undefined> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name, configNames: ["retention.ms"] }],
  });
  const found = Number(resources[0]?.configEntries[0]?.configValue);
  return found >= 0 ? found : undefined;
}

/** Topics that belong together have one partition count, so that partition p of all has one owner. */
async function mustBelongTogether(admin: Admin, partitions: number, names: Names): Promise<number> {
  const counts = await partitionsOf(admin, ALL, names);
  const differing = ALL.filter((topic) => topic !== TOPICS.events && counts.get(topic) !== partitions);
  if (differing.length === 0) return counts.get(TOPICS.events) ?? 0;
  throw new WatchkeeperError(
    `Topics that belong together have different partition counts: ${TOPICS.journal} has ${partitions}, ${differing
      .map((topic) => `${topic} ${counts.get(topic) ?? "none"}`)
      .join(", ")}.`,
    { code: "kafka_topics_differ", hint: "Let Watchkeeper create its topics, or create them with equal counts." },
  );
}
