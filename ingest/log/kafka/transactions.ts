/**
 * The writer of one partition's owner: offsets, state and appends of a commit in one transaction. Its transactional id
 * belongs to the partition, so whoever opens it next fences this one and ends what it left open (KIP-98, "Zombie fencing").
 */
import type { CompressionTypes, Kafka, Producer, Transaction } from "kafkajs";
import type { Topic } from "../../../schemas/topics.ts";
import { PRODUCER_DEFAULTS } from "../../kafka/client.ts";
import { classifyKafkaError } from "../../kafka/errors.ts";
import { unavailable } from "./errors.ts";
import type { Names } from "./names.ts";
import { isAnswered, type Outgoing, requestsOf } from "./wire.ts";

export interface TransactionsOptions {
  readonly kafka: Kafka;
  readonly group: string;
  readonly partition: number;
  readonly compression: CompressionTypes;
  readonly names: Names;
  /** Whether this process may fence others from the partition. */
  readonly isOwner: () => boolean;
  /** The group's committed offset of this partition, as the broker says now; -1: none. */
  readonly committed: (topic: Topic) => Promise<number>;
}

interface Step {
  readonly messages: readonly Outgoing[];
  readonly offset?: { readonly topic: Topic; readonly offset: number };
}

export interface Transactions {
  /** Fences the former owner. */
  open(): Promise<void>;
  /**
   * One after the other. Rejects with `fenced` when another owner came, with `retry` when it is not known whether the
   * step was taken: the same step may be given again, and one that moves the offset is never taken twice.
   */
  write(step: Step): Promise<void>;
  /** Waits for what is under way. */
  close(): Promise<void>;
}

/** A vanished owner's transaction is aborted after this, even if nobody takes its partition. */
const TRANSACTION_TIMEOUT_MS = 30_000;

export function createTransactions(options: TransactionsOptions): Transactions {
  const { kafka, group, partition, compression, names, isOwner, committed } = options;
  /** Offsets of steps of which nobody knows whether they were taken. */
  const doubtful = new Map<Topic, number>();
  let producer: Producer | undefined;
  let last: Promise<void> = Promise.resolve();

  async function connect(): Promise<Producer> {
    const fresh = kafka.producer({
      ...PRODUCER_DEFAULTS,
      idempotent: true,
      maxInFlightRequests: 1,
      transactionalId: `${names.group(group)}-${partition}`,
      transactionTimeout: TRANSACTION_TIMEOUT_MS,
      retry: { retries: 8, initialRetryTime: 50, maxRetryTime: 1_000 },
    });
    try {
      await fresh.connect();
      // Only the first transaction asks for the epoch that fences; an empty one ends without a request.
      await (await fresh.transaction()).abort();
      return fresh;
    } catch (error) {
      await fresh.disconnect().catch(() => undefined);
      throw error;
    }
  }

  /** A new epoch ends what the last one left open. Only a sure owner may: it would fence the true one. */
  async function connected(): Promise<Producer> {
    if (producer !== undefined) return producer;
    if (!isOwner()) throw unavailable("Kafka has not confirmed lately that this process owns the partition.");
    producer = await connect();
    return producer;
  }

  function abandon(): void {
    void producer?.disconnect().catch(() => undefined);
    producer = undefined;
  }

  async function fill(transaction: Transaction, { messages, offset }: Step): Promise<void> {
    for (const request of requestsOf(messages, names)) {
      const answers = await transaction.sendBatch({ topicMessages: request, acks: -1, compression });
      if (!isAnswered(request, answers)) throw unavailable("Kafka did not answer for every partition of a request.");
    }
    if (offset === undefined) return;
    const partitions = [{ partition, offset: String(offset.offset) }];
    await transaction.sendOffsets({
      consumerGroupId: names.group(group),
      topics: [{ topic: names.topic(offset.topic), partitions }],
    });
  }

  async function transact(current: Producer, step: Step): Promise<void> {
    const transaction = await current.transaction();
    try {
      await fill(transaction, step);
    } catch (error) {
      await transaction.abort().catch(abandon);
      throw error;
    }
    try {
      await transaction.commit();
    } catch (error) {
      if (step.offset !== undefined) doubtful.set(step.offset.topic, step.offset.offset);
      abandon();
      throw error;
    }
  }

  /** Whether a step of which nobody knew was taken after all; the new epoch has settled it. */
  async function wasTaken({ offset }: Step): Promise<boolean> {
    if (offset === undefined || doubtful.get(offset.topic) !== offset.offset) return false;
    const position = await committed(offset.topic);
    doubtful.delete(offset.topic);
    return position >= offset.offset;
  }

  async function write(step: Step): Promise<void> {
    try {
      const current = await connected();
      if (await wasTaken(step)) return;
      await transact(current, step);
    } catch (error) {
      const classified = classifyKafkaError(error);
      // What may be out of step begins anew.
      if (classified.verdict === "retry") abandon();
      throw classified;
    }
  }

  return {
    async open() {
      producer = await connect();
    },
    write(step) {
      const turn = last.then(() => write(step));
      last = turn.catch(() => undefined);
      return turn;
    },
    async close() {
      await last;
      await producer?.disconnect().catch(() => undefined);
      producer = undefined;
    },
  };
}
