/**
 * What one commit writes, put into a transaction once. kafkajs 2.2.4 tries a request to several brokers again as soon
 * as one of them refuses, while the others are still at it, and these then write it a second time. So a request holds
 * records of one partition, which one broker has: tried again, it is known by its sequence numbers (KIP-98).
 */
import type { CompressionTypes, Transaction } from "kafkajs";
import type { Topic } from "../../../schemas/topics.ts";
import { ByPartition } from "./by-partition.ts";
import { unavailable } from "./errors.ts";
import type { Names } from "./names.ts";
import { isAnswered, type Outgoing, requestsOf } from "./wire.ts";

/** What is taken whole or not at all. */
export interface Step {
  readonly messages: readonly Outgoing[];
  readonly offset?: { readonly topic: Topic; readonly offset: number };
}

export interface FillOptions {
  readonly group: string;
  readonly partition: number;
  readonly names: Names;
  readonly compression: CompressionTypes;
  readonly sleep: (ms: number) => Promise<unknown>;
}

/** The markers of a transaction are written in milliseconds; with a broker that died, in seconds. */
const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 200;

/** Rejects with what kafkajs says, or `log_unavailable`; the transaction must then be aborted. */
export async function fillTransaction(
  transaction: Transaction,
  { messages, offset }: Step,
  options: FillOptions,
  isOver: () => boolean,
): Promise<void> {
  const { group, partition, names, compression, sleep } = options;

  async function sendTo(lane: readonly Outgoing[]): Promise<void> {
    for (const request of requestsOf(lane, names)) {
      const answers = await transaction.sendBatch({ topicMessages: request, acks: -1, compression });
      if (!isAnswered(request, answers)) throw unavailable("Kafka did not answer for every partition of a request.");
    }
  }

  /** CONCURRENT_TRANSACTIONS says that it is not. */
  async function whenTheLastIsOver(work: () => Promise<void>): Promise<void> {
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      try {
        return await work();
      } catch (error) {
        if (!isConcurrent(error) || isOver()) throw error;
        await sleep(pause);
      }
    }
  }

  // First, because kafkajs waits long for the last transaction to be over when it sends records.
  if (offset !== undefined) {
    const partitions = [{ partition, offset: String(offset.offset) }];
    const topics = [{ topic: names.topic(offset.topic), partitions }];
    await whenTheLastIsOver(() => transaction.sendOffsets({ consumerGroupId: names.group(group), topics }));
  }
  const outcomes = await Promise.allSettled(lanesOf(messages).map(sendTo));
  // When all are over: what is still under way would be written after the end of the transaction.
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
}

/** The messages of each partition, in their order. */
function lanesOf(messages: readonly Outgoing[]): Outgoing[][] {
  const lanes = new ByPartition<Outgoing[]>(() => []);
  for (const message of messages) lanes.of(message.topic, message.partition).push(message);
  return lanes.all.map(({ value }) => value);
}

function isConcurrent(error: unknown): boolean {
  const { type, cause } = error as { readonly type?: unknown; readonly cause?: unknown };
  return type === "CONCURRENT_TRANSACTIONS" || (cause !== undefined && cause !== null && isConcurrent(cause));
}
