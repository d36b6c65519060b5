/** A compacted topic, followed from its beginning by a group of one that leaves nothing behind. */
import type { Admin, Kafka } from "kafkajs";
import type { Logger } from "pino";
import { messageOf } from "../../../schemas/errors.ts";
import type { Topic } from "../../../schemas/topics.ts";
import type { Names } from "./names.ts";
import { BARRIER_KEY } from "./state-load.ts";
import type { Watermarks } from "./watermarks.ts";

export interface Follower {
  /** Resolves when everything that stood in the topic at the start was taken. */
  readonly caughtUp: Promise<void>;
  stop(): Promise<void>;
}

export interface FollowOptions {
  readonly kafka: Kafka;
  readonly admin: Admin;
  readonly watermarks: Watermarks;
  /** Of this follower alone. */
  readonly group: string;
  readonly topic: Topic;
  readonly names: Names;
  readonly take: (partition: number, key: string, value: Buffer | null) => void;
  readonly logger: Logger;
}

export async function followTopic(options: FollowOptions): Promise<Follower> {
  const { kafka, admin, group, topic, take, logger } = options;
  const goals = new Map([...(await options.watermarks.of(topic))].map(([partition, { high }]) => [partition, high]));
  let resolve: () => void = () => undefined;
  const caughtUp = new Promise<void>((done) => {
    resolve = done;
  });

  function reached(partition: number, next: number): void {
    if ((goals.get(partition) ?? Number.POSITIVE_INFINITY) <= next) goals.delete(partition);
    if (goals.size === 0) resolve();
  }

  const consumer = kafka.consumer({ groupId: group, maxWaitTimeInMs: 200, allowAutoTopicCreation: false });
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
    reached(payload.partition, Number(payload.lastOffset) + 1);
  });
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    if (!payload.restart) logger.error({ topic, error: messageOf(payload.error) }, "following a topic ended");
  });
  await consumer.connect();
  await consumer.subscribe({ topics: [options.names.topic(topic)], fromBeginning: true });
  for (const partition of [...goals.keys()]) reached(partition, 0);
  await consumer.run({
    autoCommit: false,
    async eachBatch({ batch }) {
      for (const { key, value } of batch.messages) {
        const name = key?.toString() ?? "";
        if (name !== BARRIER_KEY) take(batch.partition, name, value);
      }
    },
  });
  return {
    caughtUp,
    async stop() {
      await consumer.disconnect().catch(() => undefined);
      await admin.deleteGroups([group]).catch(() => undefined);
    },
  };
}
