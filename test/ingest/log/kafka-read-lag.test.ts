/** What a looking command says of events that wait in Kafka, asked without joining any group. */
import { randomUUID } from "node:crypto";
import kafkajs from "kafkajs";
import { pino } from "pino";
import { afterAll, describe, expect, it } from "vitest";
import { openKafkaLog } from "../../../ingest/log/kafka-log.ts";
import { readKafkaLag } from "../../../ingest/log/read-kafka-lag.ts";
import { GROUPS, TOPICS } from "../../../schemas/topics.ts";
import { kafkaAvailable } from "../../kafka/available.ts";
import { sharedBroker } from "../../kafka/shared.ts";

const logger = pino({ level: "silent" });

describe.runIf(kafkaAvailable().shared)("the lag of the store on Kafka", () => {
  const prefix = `${randomUUID().slice(0, 8)}-`;
  const lag = async (of: string) => {
    const { brokers } = await sharedBroker();
    return readKafkaLag({ connection: { brokers, ssl: false }, logger, prefix: of });
  };
  const topicsThere = async () => {
    const { brokers } = await sharedBroker();
    const admin = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING }).admin();
    await admin.connect();
    const topics = await admin.listTopics();
    return { admin, topics: topics.filter((topic) => topic.startsWith(prefix)) };
  };

  afterAll(async () => {
    const { admin, topics } = await topicsThere();
    await admin.deleteTopics({ topics });
    await admin.disconnect();
  });

  it("is nothing where there is no journal, which asking does not make", async () => {
    expect(await lag(prefix)).toBe(0);
    const { admin, topics } = await topicsThere();
    await admin.disconnect();
    expect(topics).toEqual([]);
  });

  it("is what was accepted and not committed by the store", async () => {
    const { brokers } = await sharedBroker();
    const log = await openKafkaLog({
      connection: { brokers, ssl: false },
      ...{ clientId: "lag", prefix, partitions: 3, inletPartitions: 1, logger, onGap: () => undefined },
      ...{ inletRetentionMs: 3_600_000, journalRetentionMs: 3_600_000 },
    });
    const keys = Array.from({ length: 20 }, (_, n) => `agent-${n}`);
    await log.append(keys.map((key) => ({ topic: TOPICS.journal, key, value: "{}" })));
    expect(await lag(prefix)).toBe(20);
    const member = log.consume({
      ...{ group: GROUPS.store, topics: [TOPICS.journal] },
      open: async (assignment) => ({
        startAt: assignment.committed,
        handle: async (records) => assignment.commit({ offset: (records.at(-1)?.offset ?? 0) + 1 }),
        close: async () => undefined,
      }),
    });
    await expect.poll(() => lag(prefix)).toBe(0);
    await member.stop();
    await log.close();
  });

  it("is unknown while no broker answers", async () => {
    const connection = { brokers: ["127.0.0.1:1"], ssl: false };
    expect(await readKafkaLag({ connection, logger, withinMs: 500 })).toBeUndefined();
  });
});
