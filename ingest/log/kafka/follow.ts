/** A compacted topic, followed from its beginning by a group of one that leaves nothing behind. */
import type { Consumer, EachBatchPayload, Kafka } from "kafkajs";
import type { Logger } from "pino";
import { messageOf, type WatchkeeperError } from "../../../schemas/errors.ts";
import type { Topic } from "../../../schemas/topics.ts";
import { settledBy } from "../../settled-by.ts";
import { withResolvers } from "../resolvers.ts";
import type { Admins } from "./admins.ts";
import type { Names } from "./names.ts";
import { BARRIER_KEY } from "./state-load.ts";
import { superviseConsumer } from "./supervise.ts";
import type { Watermarks } from "./watermarks.ts";

export interface Follower {
  /** Resolves when everything that stood in the topic at the start was taken; rejects when that cannot be. */
  readonly caughtUp: Promise<void>;
  /** Resolves with what ended it: nothing is taken any more. Not when it is stopped. */
  readonly ended: Promise<WatchkeeperError>;
  /** Resolves in seconds, and when the signal aborts. */
  stop(late?: AbortSignal): Promise<void>;
}

export interface FollowOptions {
  readonly kafka: Kafka;
  readonly admins: Admins;
  readonly watermarks: Watermarks;
  /** Begins the name of each of its groups, which are its alone. */
  readonly group: string;
  readonly topic: Topic;
  readonly names: Names;
  readonly take: (partition: number, key: string, value: Buffer | null) => void;
  readonly sleep: (ms: number) => Promise<void>;
  readonly logger: Logger;
}

const SESSION_MS = 6_000;
const REBALANCE_MS = 10_000;
/** A group without members and offsets goes by itself in minutes. */
const TIDY_MS = 1_000;

export async function followTopic(options: FollowOptions): Promise<Follower> {
  const { kafka, admins, group, topic, take, logger, sleep } = options;
  const name = options.names.topic(topic);
  const marks = await options.watermarks.of(topic);
  const goals = new Map([...marks].flatMap(([p, { low, high }]) => (high > low ? [[p, high] as const] : [])));
  /** Where a consumer goes on that follows one that died. */
  const positions = new Map<number, number>();
  let lives = 0;
  /** Of this life. */
  let groupId = "";
  let stopping: Promise<void> | undefined;
  const caughtUp = withResolvers();
  caughtUp.promise.catch(() => undefined);
  const ended = withResolvers<WatchkeeperError>();
  if (goals.size === 0) caughtUp.resolve();

  function reached(partition: number, next: number): void {
    positions.set(partition, next);
    if ((goals.get(partition) ?? Number.POSITIVE_INFINITY) <= next) goals.delete(partition);
    if (goals.size === 0) caughtUp.resolve();
  }

  async function eachBatch({ batch, resolveOffset }: EachBatchPayload): Promise<void> {
    for (const { key, value } of batch.messages) {
      const text = key?.toString() ?? "";
      if (text !== BARRIER_KEY) take(batch.partition, text, value);
    }
    const last = batch.messages.at(-1);
    if (last !== undefined) resolveOffset(last.offset);
  }

  const consumer = superviseConsumer({
    ...{ group, eachBatch, logger, sleep, topics: [name] },
    create() {
      // A dead member whose goodbye did not arrive would hold up the next until its session is over.
      lives += 1;
      groupId = `${group}-${lives}`;
      return kafka.consumer({
        groupId,
        sessionTimeout: SESSION_MS,
        rebalanceTimeout: REBALANCE_MS,
        heartbeatInterval: 2_000,
        maxWaitTimeInMs: 200,
        allowAutoTopicCreation: false,
        retry: { retries: 8, initialRetryTime: 100, maxRetryTime: 2_000, restartOnFailure: async () => false },
      });
    },
    attach(fresh: Consumer) {
      fresh.on(fresh.events.GROUP_JOIN, () => {
        for (const [partition, next] of positions) fresh.seek({ topic: name, partition, offset: String(next) });
      });
      fresh.on(fresh.events.END_BATCH_PROCESS, ({ payload }) => {
        reached(payload.partition, Number(payload.lastOffset) + 1);
      });
    },
    onGone: () => undefined,
    onFatal(error) {
      logger.error({ topic, error: messageOf(error) }, "following a topic ended");
      caughtUp.reject(error);
      ended.resolve(error);
    },
  });

  async function stop(late: AbortSignal | undefined): Promise<void> {
    await consumer.stop(late);
    if (late?.aborted) return;
    await settledBy(
      admins.ask((admin) => admin.deleteGroups([groupId]), TIDY_MS),
      late,
    );
  }

  return {
    caughtUp: caughtUp.promise,
    ended: ended.promise,
    stop(late) {
      stopping ??= stop(late);
      return stopping;
    },
  };
}
