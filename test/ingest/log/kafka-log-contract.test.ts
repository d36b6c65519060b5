/** The event-log contract on a real broker; each log has topics under a prefix of its own, so it starts empty. */
import { randomUUID } from "node:crypto";
import kafkajs from "kafkajs";
import { pino } from "pino";
import { describe } from "vitest";
import { openKafkaLog } from "../../../ingest/log/kafka-log.ts";
import { eventLogContract, type LogUnderTest } from "../../contract/event-log-contract.ts";
import { kafkaAvailable } from "../../kafka/available.ts";
import { sharedBroker } from "../../kafka/shared.ts";

async function open(prefix: string): Promise<LogUnderTest> {
  const { brokers } = await sharedBroker();
  const log = await openKafkaLog({
    connection: { brokers, ssl: false },
    ...{ clientId: "contract", prefix, partitions: 3, inletPartitions: 3 },
    ...{ inletRetentionMs: 3_600_000, journalRetentionMs: 3_600_000 },
    logger: pino({ level: process.env.KAFKA_TEST_LOG ?? "silent" }),
    onGap: (gap) => {
      throw new Error(`a gap: ${JSON.stringify(gap)}`);
    },
  });
  return {
    log,
    async reopen() {
      await log.close();
      return open(prefix);
    },
    async dispose() {
      await log.close();
      const admin = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING }).admin();
      await admin.connect();
      const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(prefix));
      await admin.deleteTopics({ topics });
      await admin.disconnect();
    },
  };
}

describe.runIf(kafkaAvailable().shared)("with a broker", () => {
  eventLogContract("the event log on Kafka", { open: () => open(`${randomUUID().slice(0, 8)}-`) });
});
