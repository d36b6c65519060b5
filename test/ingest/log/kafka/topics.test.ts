/** Topics that somebody else made, on a real broker: taken as they are, or refused with what is wrong. */
import { randomUUID } from "node:crypto";
import kafkajs, { type Admin } from "kafkajs";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createNames } from "../../../../ingest/log/kafka/names.ts";
import { openKafkaLog } from "../../../../ingest/log/kafka-log.ts";
import { COMPACTED_TOPICS, TOPICS } from "../../../../schemas/topics.ts";
import { kafkaAvailable } from "../../../kafka/available.ts";
import { sharedBroker } from "../../../kafka/shared.ts";

describe.runIf(kafkaAvailable().shared)("topics on the broker", () => {
  const prefixes: string[] = [];
  let brokers: readonly string[];
  let admin: Admin;

  beforeAll(async () => {
    ({ brokers } = await sharedBroker());
    admin = new kafkajs.Kafka({ brokers: [...brokers], logLevel: kafkajs.logLevel.NOTHING }).admin();
    await admin.connect();
  });
  afterAll(async () => {
    const topics = (await admin.listTopics()).filter((topic) => prefixes.some((prefix) => topic.startsWith(prefix)));
    await admin.deleteTopics({ topics });
    await admin.disconnect();
  });

  const fresh = () => {
    prefixes.push(`${randomUUID().slice(0, 8)}-`);
    return prefixes.at(-1) as string;
  };

  async function create(topic: string, numPartitions: number, settings: Record<string, string> = {}) {
    const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }));
    await admin.createTopics({ waitForLeaders: false, topics: [{ topic, numPartitions, configEntries }] });
    await expect.poll(() => admin.listTopics()).toContain(topic);
  }

  const open = (prefix: string) =>
    openKafkaLog({
      connection: { brokers, ssl: false },
      ...{ clientId: "topics", prefix, partitions: 3, inletPartitions: 5 },
      ...{ inletRetentionMs: 3_600_000, journalRetentionMs: 7_200_000 },
      logger: pino({ level: "silent" }),
      onGap: () => undefined,
    });

  async function settingsOf(topic: string, wanted: readonly string[]) {
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configNames: [...wanted] }],
    });
    return Object.fromEntries(
      (resources[0]?.configEntries ?? []).map(({ configName, configValue }) => [configName, configValue]),
    );
  }

  it("are created with their partitions, retention, compaction and the broker's clock", async () => {
    const prefix = fresh();
    const names = createNames(prefix);
    const log = await open(prefix);
    await log.close();
    const { topics } = await admin.fetchTopicMetadata({ topics: Object.values(TOPICS).map(names.topic) });
    expect(Object.fromEntries(topics.map(({ name, partitions }) => [names.topicOf(name), partitions.length]))).toEqual(
      Object.fromEntries(Object.values(TOPICS).map((topic) => [topic, topic === TOPICS.events ? 5 : 3])),
    );
    const asked = ["cleanup.policy", "retention.ms", "message.timestamp.type", "max.message.bytes"];
    expect(await settingsOf(names.topic(TOPICS.journal), asked)).toEqual({
      "cleanup.policy": "delete",
      "retention.ms": "7200000",
      "message.timestamp.type": "LogAppendTime",
      "max.message.bytes": String(8 * 1024 ** 2),
    });
    expect(await settingsOf(names.topic(TOPICS.events), ["retention.ms"])).toEqual({ "retention.ms": "3600000" });
    for (const topic of COMPACTED_TOPICS) {
      expect(await settingsOf(names.topic(topic), ["cleanup.policy"])).toEqual({ "cleanup.policy": "compact" });
    }
  });

  it("are created by several processes at the same moment", async () => {
    const prefix = fresh();
    const logs = await Promise.all([1, 2, 3].map(() => open(prefix)));
    expect(logs.map(({ partitions }) => partitions)).toEqual([3, 3, 3]);
    await Promise.all(logs.map((log) => log.close()));
  });

  it("keep the partitions that the journal has, whatever is asked for", async () => {
    const prefix = fresh();
    await create(`${prefix}${TOPICS.journal}`, 2, { "message.timestamp.type": "LogAppendTime" });
    const log = await open(prefix);
    expect(log.partitions).toBe(2);
    await log.close();
  });

  it("that belong together and differ in partitions are refused", async () => {
    const prefix = fresh();
    await create(`${prefix}${TOPICS.findings}`, 4, { "message.timestamp.type": "LogAppendTime" });
    await expect(open(prefix)).rejects.toMatchObject({
      code: "kafka_topics_differ",
      message: expect.stringContaining(`${TOPICS.journal} has 3, ${TOPICS.findings} 4`),
    });
  });

  it("of state without compaction are refused, with the command that mends it", async () => {
    const prefix = fresh();
    const name = `${prefix}${TOPICS.watchState}`;
    await create(name, 3, { "cleanup.policy": "delete" });
    await expect(open(prefix)).rejects.toMatchObject({
      code: "kafka_topic_misconfigured",
      message: `Topic ${name} has cleanup.policy=delete; it must be compact.`,
      hint: `kafka-configs.sh --alter --topic ${name} --add-config cleanup.policy=compact`,
    });
  });

  it("that take the producer's word for the time of arrival are refused", async () => {
    const prefix = fresh();
    await create(`${prefix}${TOPICS.journal}`, 3, { "message.timestamp.type": "CreateTime" });
    await expect(open(prefix)).rejects.toMatchObject({
      code: "kafka_topic_misconfigured",
      message: expect.stringContaining("message.timestamp.type=CreateTime; it must be LogAppendTime"),
    });
  });
});
