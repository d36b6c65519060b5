/** Topics that somebody else made, on a real broker: taken as they are, or refused with what is wrong. */
import { randomUUID } from "node:crypto";
import kafkajs, { type Admin } from "kafkajs";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createNames } from "../../../../ingest/log/kafka/names.ts";
import { type KafkaLogOptions, openKafkaLog } from "../../../../ingest/log/kafka-log.ts";
import { COMPACTED_TOPICS, TOPICS } from "../../../../schemas/topics.ts";
import { kafkaAvailable } from "../../../kafka/available.ts";
import { sharedBroker } from "../../../kafka/shared.ts";

const OURS = { "message.timestamp.type": "LogAppendTime", "max.message.bytes": String(8 * 1024 ** 2) };

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

  let said: Record<string, unknown>[] = [];
  const open = (prefix: string, change: Partial<KafkaLogOptions> = {}) =>
    openKafkaLog({
      connection: { brokers, ssl: false },
      ...{ clientId: "topics", prefix, partitions: 3, inletPartitions: 5 },
      ...{ inletRetentionMs: 3_600_000, journalRetentionMs: 7_200_000 },
      logger: pino({ level: "info" }, { write: (line: string) => void said.push(JSON.parse(line)) }),
      onGap: () => undefined,
      ...change,
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
    await create(`${prefix}${TOPICS.journal}`, 2, OURS);
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

  it("that would refuse our records for their size, or can never be written, are refused", async () => {
    const prefix = fresh();
    const name = `${prefix}${TOPICS.findings}`;
    await create(name, 3, { ...OURS, "max.message.bytes": "1000000" });
    await expect(open(prefix)).rejects.toMatchObject({
      message: `Topic ${name} has max.message.bytes=1000000; it must be at least ${8 * 1024 ** 2}.`,
    });
    const other = fresh();
    await create(`${other}${TOPICS.journal}`, 3, { ...OURS, "min.insync.replicas": "2" });
    await expect(open(other, { replication: 1 })).rejects.toMatchObject({
      message: `Topic ${other}${TOPICS.journal} has min.insync.replicas=2 and 1 copies: nothing can be written.`,
    });
    await expect(open(fresh(), { replication: 1, minInsyncReplicas: 2 })).rejects.toMatchObject({
      code: "kafka_topic_misconfigured",
      hint: "Lower kafka.minInsyncReplicas, or raise kafka.replication on as many brokers.",
    });
  });

  it("of which a broker may lose what it was promised are refused", async () => {
    const prefix = fresh();
    await (await open(prefix)).close();
    await expect(open(prefix, { replication: 3, minInsyncReplicas: 2 })).rejects.toMatchObject({
      message: expect.stringContaining("has min.insync.replicas=1; it must be at least 2."),
    });
  });

  it("keep records longer when that was configured since, with all that is set beside; for less time only by hand", async () => {
    const prefix = fresh();
    const { journal, events } = TOPICS;
    await create(`${prefix}${journal}`, 3, { ...OURS, "retention.ms": "3600000", "segment.ms": "1200000" });
    await create(`${prefix}${TOPICS.findings}`, 3, { ...OURS, "retention.ms": "9000000" });
    await create(`${prefix}${events}`, 2, { "message.timestamp.type": "LogAppendTime", "retention.ms": "60000" });
    said = [];
    await (await open(prefix)).close();
    const asked = ["retention.ms", "segment.ms", "message.timestamp.type", "max.message.bytes"];
    await expect
      .poll(() => settingsOf(`${prefix}${journal}`, asked))
      .toEqual({
        ...{ ...OURS, "retention.ms": "7200000", "segment.ms": "1200000" },
      });
    expect(await settingsOf(`${prefix}${TOPICS.findings}`, ["retention.ms"])).toEqual({ "retention.ms": "9000000" });
    expect(await settingsOf(`${prefix}${events}`, ["retention.ms"])).toEqual({ "retention.ms": "60000" });
    const about = (topic: string) => said.filter((line) => line.topic === `${prefix}${topic}`);
    expect(about(journal)).toMatchObject([{ level: 30, from: "3600000", to: "7200000" }]);
    expect(about(TOPICS.findings)).toMatchObject([
      { level: 40, command: expect.stringContaining("--add-config retention.ms=7200000") },
    ]);
    expect(about(events)).toMatchObject([
      { level: 40, partitions: 2, asked: 5 },
      { level: 40, found: "60000", wanted: "3600000" },
    ]);
  });
});
