/** Makes the inlet topic and reads what is in it, with plain kafkajs. */
import { setTimeout as pause } from "node:timers/promises";
import { type EachMessagePayload, Kafka, logLevel } from "kafkajs";
import { registerCodecs } from "../../../ingest/kafka/codecs.ts";
import { TOPICS } from "../../../schemas/topics.ts";

/** A record of the inlet. */
export interface InletRecord {
  readonly partition: number;
  readonly key: string | undefined;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
}

const kafkaAt = (brokers: readonly string[]): Kafka =>
  new Kafka({ brokers: [...brokers], clientId: "test", logLevel: logLevel.NOTHING });

export async function createInlet(brokers: readonly string[], replicas = 1): Promise<void> {
  const admin = kafkaAt(brokers).admin();
  await admin.connect();
  const topic = { topic: TOPICS.events, numPartitions: 6, replicationFactor: replicas };
  const configEntries = replicas === 1 ? [] : [{ name: "min.insync.replicas", value: "2" }];
  await admin.createTopics({ waitForLeaders: true, topics: [{ ...topic, configEntries }] });
  await admin.disconnect();
}

/** Starts reading the inlet from its beginning; `records` grows. */
export async function readInlet(
  brokers: readonly string[],
): Promise<{ readonly records: InletRecord[]; stop(): Promise<void> }> {
  registerCodecs();
  const records: InletRecord[] = [];
  const consumer = kafkaAt(brokers).consumer({ groupId: `reader-${crypto.randomUUID()}`, maxWaitTimeInMs: 50 });
  const take = ({ partition, message: { key, value, headers } }: EachMessagePayload) => {
    const texts = Object.entries(headers ?? {}).map(([name, text]) => [name, String(text)] as const);
    records.push({
      ...{ partition, key: key?.toString(), value: String(value), headers: Object.fromEntries(texts) },
    });
    return Promise.resolve();
  };
  await consumer.connect();
  await consumer.subscribe({ topics: [TOPICS.events], fromBeginning: true });
  await consumer.run({ eachMessage: take });
  return { records, stop: () => consumer.disconnect() };
}

/** Waits until the condition holds. */
export async function until(holds: () => boolean, what: string, withinMs = 90_000): Promise<void> {
  for (const end = Date.now() + withinMs; !holds(); await pause(20)) {
    if (Date.now() > end) throw new Error(`${what} did not happen within ${withinMs} ms`);
  }
}
