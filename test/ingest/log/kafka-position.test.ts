/** Where a group stands while a transaction that moves it is open. */
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { pino } from "pino";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { connectKafka, PRODUCER_DEFAULTS } from "../../../ingest/kafka/client.ts";
import { createAdmins } from "../../../ingest/log/kafka/admins.ts";
import { createNames } from "../../../ingest/log/kafka/names.ts";
import { positionOf } from "../../../ingest/log/kafka/position.ts";
import { createWatermarks } from "../../../ingest/log/kafka/watermarks.ts";
import { TOPICS } from "../../../schemas/topics.ts";
import { kafkaAvailable } from "../../kafka/available.ts";
import { sharedBroker } from "../../kafka/shared.ts";

const logger = pino({ level: "silent" });

describe.runIf(kafkaAvailable().shared)("the position of a group on Kafka", () => {
  it("is not told while a transaction that moves it is open, and others' are", async () => {
    const { brokers } = await sharedBroker();
    const prefix = `${randomUUID().slice(0, 8)}-`;
    const names = createNames(prefix);
    const kafka = connectKafka({ connection: { brokers, ssl: false }, clientId: "test", logger });
    const admins = createAdmins(kafka);
    const topic = names.topic(TOPICS.journal);
    await admins.ask((admin) => admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 2 }] }));
    const producer = kafka.producer({
      ...{ ...PRODUCER_DEFAULTS, idempotent: true, maxInFlightRequests: 1, transactionalId: `${prefix}store-0` },
    });
    await producer.connect();
    onTestFinished(async () => {
      await admins.ask((admin) => admin.deleteTopics({ topics: [topic] }));
      await Promise.all([producer.disconnect(), admins.close()]);
    });
    const watermarks = createWatermarks(admins, names, delay);
    const settled = (partition: number) => watermarks.settled("store", TOPICS.journal, partition);
    const move = async (offset: number, partitions: readonly number[]) => {
      const transaction = await producer.transaction();
      const places = partitions.map((partition) => ({ partition, offset: String(offset) }));
      await vi.waitFor(
        () =>
          transaction.sendOffsets({
            consumerGroupId: names.group("store"),
            topics: [{ topic, partitions: places }],
          }),
        { timeout: 30_000 },
      );
      return transaction;
    };

    expect(await settled(0)).toBe(-1);
    await (await move(3, [0, 1])).commit();
    await expect.poll(() => settled(0)).toBe(3);
    const open = await move(7, [0]);
    expect([await settled(0), await settled(1)]).toEqual([undefined, 3]);
    expect(await watermarks.committed("store", TOPICS.journal)).toEqual(new Map([0, 1].map((one) => [one, 3])));
    let waits = 0;
    const position = positionOf({
      ...{ group: "store", topic: TOPICS.journal, partition: 0, watermarks, logger },
      async sleep() {
        waits += 1;
        if (waits === 2) await open.commit();
        await delay(10);
      },
    });
    expect(await position).toBe(7);
    expect(waits).toBeGreaterThanOrEqual(2);
    const aborted = await move(9, [0]);
    expect(await settled(0)).toBeUndefined();
    await aborted.abort();
    await expect.poll(() => settled(0)).toBe(7);
  });
});
