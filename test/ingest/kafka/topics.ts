/** Small help for tests that talk to a broker: topics of their own, and everything that is in one. */
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Kafka } from "kafkajs";

/** Makes a topic with a name of its own, and waits until the broker knows it. */
export async function makeTopic(kafka: Kafka, name: string, settings: Record<string, string> = {}): Promise<string> {
  const topic = `${name}-${randomUUID().slice(0, 8)}`;
  const admin = kafka.admin();
  await admin.connect();
  const configEntries = Object.entries(settings).map(([key, value]) => ({ name: key, value }));
  // Its own wait gives up when the broker has not yet heard of the topic from the controller.
  await admin.createTopics({ waitForLeaders: false, topics: [{ topic, numPartitions: 1, configEntries }] });
  const leader = async () => {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    return topics[0]?.partitions[0]?.leader ?? -1;
  };
  while ((await leader().catch(() => -1)) < 0) await delay(20);
  await admin.disconnect();
  return topic;
}

/** The values of the first records of a topic, in order. */
export async function readValues(kafka: Kafka, topic: string, count: number): Promise<string[]> {
  const consumer = kafka.consumer({ groupId: `read-${randomUUID()}`, maxWaitTimeInMs: 100 });
  const values: string[] = [];
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  try {
    await new Promise<void>((resolve, reject) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => {
        if (!payload.restart) reject(payload.error);
      });
      const eachMessage = async ({ message }: { message: { value: Buffer | null } }) => {
        values.push(String(message.value));
        if (values.length === count) resolve();
      };
      consumer.run({ eachMessage }).catch(reject);
    });
  } finally {
    await consumer.disconnect();
  }
  return values;
}
