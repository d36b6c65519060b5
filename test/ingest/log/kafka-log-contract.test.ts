/** The event-log contract on a real broker; each log has topics under a prefix of its own, so it starts empty. */
import { randomBytes, randomUUID } from "node:crypto";
import kafkajs from "kafkajs";
import { pino } from "pino";
import { describe, expect, it, onTestFinished } from "vitest";
import { openKafkaLog } from "../../../ingest/log/kafka-log.ts";
import { TOPICS } from "../../../schemas/topics.ts";
import { eventLogContract, type LogUnderTest, recordingReader } from "../../contract/event-log-contract.ts";
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

const codeOf = (error: unknown): string => (error as { code: string }).code;

describe.runIf(kafkaAvailable().shared)("with a broker", () => {
  eventLogContract("the event log on Kafka", { open: () => open(`${randomUUID().slice(0, 8)}-`) });

  it("lets a member that stops finish with a new producer where it has lost the one it had", async () => {
    const { log, dispose } = await open(`${randomUUID().slice(0, 8)}-`);
    onTestFinished(dispose);
    const outcomes: string[] = [];
    // Made before: a member that stops has five seconds.
    const value = randomBytes(9 * 1024 ** 2).toString("base64");
    const reader = recordingReader(log, "g", TOPICS.journal, {
      async close(assignment) {
        const tooLarge = assignment.commit({ appends: [{ topic: TOPICS.findings, key: "a", value }] });
        outcomes.push(await tooLarge.then(String, codeOf));
        const last = assignment.commit({ offset: assignment.end });
        outcomes.push(await last.then(() => "taken", codeOf));
      },
    });
    await log.append([{ topic: TOPICS.journal, key: "a", value: "1" }]);
    await expect.poll(() => reader.assignments).toHaveLength(log.partitions);
    await expect.poll(() => reader.records).toHaveLength(1);
    await reader.member.stop();
    expect(outcomes.sort()).toEqual([...Array(3).fill("record_too_large"), ...Array(3).fill("taken")]);
  });
});
