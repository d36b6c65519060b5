/** Records that are small on the broker and large in memory, or that nobody can read, from a producer that means harm. */
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import kafkajs from "kafkajs";
import { pino } from "pino";
import { describe, expect, it, onTestFinished } from "vitest";
import { connectKafka, PRODUCER_DEFAULTS } from "../../../ingest/kafka/client.ts";
import type { Gap } from "../../../ingest/log/kafka/gap-notes.ts";
import { openKafkaLog } from "../../../ingest/log/kafka-log.ts";
import { TOPICS } from "../../../schemas/topics.ts";
import { recordingReader } from "../../contract/event-log-contract.ts";
import { kafkaAvailable } from "../../kafka/available.ts";
import { sharedBroker } from "../../kafka/shared.ts";

const PARTITIONS = 3;
const MIB = 1024 ** 2;
const BATCH = 16 * MIB;
const logger = pino({ level: process.env.KAFKA_TEST_LOG ?? "silent" }, pino.destination(2));

describe.runIf(kafkaAvailable().shared)("the event log and a hostile producer", () => {
  it("reads on behind batches that unpack to too much, and holds no more than there is room for", async () => {
    const { brokers } = await sharedBroker();
    const prefix = `${randomUUID().slice(0, 8)}-`;
    const gaps: Gap[] = [];
    const log = await openKafkaLog({
      connection: { brokers, ssl: false },
      ...{ clientId: "hostile", prefix, partitions: PARTITIONS, inletPartitions: PARTITIONS, logger },
      ...{ inletRetentionMs: 3_600_000, journalRetentionMs: 3_600_000, batchBytes: BATCH },
      onGap: (gap) => void gaps.push(gap),
    });
    // The bound is one for the process.
    const kafka = connectKafka({
      connection: { brokers, ssl: false },
      clientId: "stranger",
      logger,
      batchBytes: BATCH,
    });
    const producer = kafka.producer(PRODUCER_DEFAULTS);
    onTestFinished(async () => {
      await producer.disconnect();
      await log.close();
      const admin = kafka.admin();
      await admin.connect();
      await admin.deleteTopics({ topics: Object.values(TOPICS).map((topic) => prefix + topic) });
      await admin.disconnect();
    });
    await producer.connect();
    const send = (partition: number, count: number, bytes: number) =>
      producer.send({
        topic: prefix + TOPICS.events,
        compression: kafkajs.CompressionTypes.GZIP,
        messages: Array.from({ length: count }, () => ({ partition, value: Buffer.alloc(bytes, "x") })),
      });
    // Each of a few kilobytes: 12 MiB may be read, 20 MiB may not, and all together are far more than the room.
    const all = Array.from({ length: PARTITIONS }, (_, partition) => partition);
    for (const partition of all) for (let n = 0; n < 4; n += 1) await send(partition, 3, 4 * MIB);
    await send(1, 5, 4 * MIB);
    for (const partition of all) await send(partition, 1, 10);

    const reader = recordingReader(log, "g", TOPICS.events, {
      maxBatchBytes: 1,
      async handle(batch) {
        await delay(20);
        // What is recorded is not what is held.
        for (const record of batch) Object.assign(record, { value: Buffer.alloc(0) });
      },
    });
    await expect.poll(() => reader.records.length).toBe(39);
    const seen = (wanted: number) =>
      reader.records.filter(({ partition }) => partition === wanted).map(({ offset }) => offset);
    expect(seen(0)).toEqual([...Array(13).keys()]);
    expect(seen(1)).toEqual([...Array(12).keys(), 17]);
    expect(seen(2)).toEqual([...Array(13).keys()]);
    expect(gaps).toEqual([{ group: "g", topic: TOPICS.events, partition: 1, from: 12, to: 17 }]);
  });
});
