/**
 * The writer of one partition's owner: offsets, state and appends of a commit in one transaction. Its transactional id
 * belongs to the partition, so whoever opens it next fences this one and ends what it left open (KIP-98, "Zombie fencing").
 */
import type { Kafka, Producer } from "kafkajs";
import { isFenced, verdictOf, type WatchkeeperError } from "../../../schemas/errors.ts";
import type { Topic } from "../../../schemas/topics.ts";
import { PRODUCER_DEFAULTS } from "../../kafka/client.ts";
import { classifyKafkaError } from "../../kafka/errors.ts";
import { discard } from "./discard.ts";
import { fenced, unavailable } from "./errors.ts";
import { type FillOptions, fillTransaction, type Step } from "./fill-transaction.ts";
import { withinTime } from "./time-limit.ts";

/**
 * Whether this process may fence others from the partition: surely; not as long as the group has not confirmed that it
 * is the owner; or never again.
 */
export type Ownership = "held" | "unsure" | "over";

export interface TransactionsOptions extends FillOptions {
  readonly kafka: Pick<Kafka, "producer">;
  /** A monotonic clock, milliseconds. */
  readonly elapsed: () => number;
  readonly ownership: () => Ownership;
  /** The group's committed offset of this partition, as the broker says now; -1: none. */
  readonly committed: (topic: Topic) => Promise<number>;
}

export interface Transactions {
  /** Fences the former owner. Rejects with `retry` while the ownership is unsure, with `fenced` when it is over. */
  open(): Promise<void>;
  /** The group's committed offset that the owner starts from; -1: none. Whoever changes it has fenced this one. */
  standsAt(topic: Topic, position: number): void;
  /**
   * One after the other. Rejects with `fenced` when another owner came or may have, with `retry` when it is not known
   * whether the step was taken: the same step may be given again, and one that moves the offset is never taken twice.
   */
  write(step: Step): Promise<void>;
  /** Waits for what is under way. */
  close(): Promise<void>;
}

/** A vanished owner's transaction is aborted after this, even if nobody takes its partition. */
const TRANSACTION_TIMEOUT_MS = 30_000;
/** To connect and be given an epoch, and to write and commit. */
const CONNECT_MS = 15_000;
const WRITE_MS = 20_000;
const CLOSE_MS = 3_000;
/** A leader that moves and a broker that starts are waited for: so long no caller hears of it. */
const PATIENCE_MS = 8_000;
const PAUSE_MS = 100;

/** What a call that took too long must not do any more, when it goes on after all. */
interface Attempt {
  isOver: boolean;
  isCommitting: boolean;
}

export function createTransactions(options: TransactionsOptions): Transactions {
  const { kafka, group, partition, names, ownership, committed, elapsed } = options;
  /** Committed offsets as this owner left them. */
  const positions = new Map<Topic, number>();
  /** Offsets of steps of which nobody knows whether they were taken. */
  const doubtful = new Map<Topic, number>();
  let producer: Producer | undefined;
  let last: Promise<void> = Promise.resolve();

  function mustOwn(): void {
    const owned = ownership();
    if (owned === "over") throw fenced(group, "partition", partition);
    if (owned === "unsure") throw unavailable("Kafka has not confirmed lately that this process owns the partition.");
  }

  async function initialise(fresh: Producer, attempt: Attempt): Promise<void> {
    await fresh.connect();
    // Only the first transaction asks for the epoch that fences; an empty one ends without a request.
    if (attempt.isOver) throw unavailable("Kafka: opening a transaction took too long.");
    mustOwn();
    await (await fresh.transaction()).abort();
  }

  async function connect(): Promise<Producer> {
    mustOwn();
    const fresh = kafka.producer({
      ...PRODUCER_DEFAULTS,
      idempotent: true,
      maxInFlightRequests: 1,
      transactionalId: names.transaction(group, partition),
      transactionTimeout: TRANSACTION_TIMEOUT_MS,
      retry: { retries: 8, initialRetryTime: 50, maxRetryTime: 1_000 },
    });
    const attempt: Attempt = { isOver: false, isCommitting: false };
    const work = initialise(fresh, attempt);
    try {
      await withinTime(work, CONNECT_MS, "opening a transaction");
      // The partition may have gone to another while this fenced whoever had it.
      mustOwn();
      return fresh;
    } catch (error) {
      attempt.isOver = true;
      discard(fresh, work);
      throw error;
    }
  }

  /**
   * A new epoch ends what the last one left open, and fences whoever came in between. Then nobody but this process can
   * move the position: where it is not as it was left, there was another owner, and what this one knows is old.
   */
  async function connected(): Promise<Producer> {
    if (producer !== undefined) return producer;
    const fresh = await connect();
    try {
      for (const [topic, left] of positions) {
        const position = await committed(topic);
        if (position === doubtful.get(topic)) positions.set(topic, position);
        else if (position !== left) throw fenced(group, topic, partition);
      }
      mustOwn();
    } catch (error) {
      discard(fresh);
      throw error;
    }
    producer = fresh;
    return fresh;
  }

  async function transact(current: Producer, step: Step, attempt: Attempt): Promise<void> {
    const transaction = await current.transaction();
    try {
      await fillTransaction(transaction, step, options, () => attempt.isOver);
      if (attempt.isOver) throw unavailable("Kafka: a transaction took too long.");
    } catch (error) {
      await transaction.abort().catch(() => undefined);
      throw error;
    }
    attempt.isCommitting = true;
    await transaction.commit();
  }

  /** Whether a step of which nobody knew was taken after all; the new epoch has settled it. */
  function wasTaken({ offset }: Step): boolean {
    if (offset === undefined || !doubtful.has(offset.topic)) return false;
    const taken = doubtful.get(offset.topic) === offset.offset && positions.get(offset.topic) === offset.offset;
    doubtful.delete(offset.topic);
    return taken;
  }

  async function take(current: Producer, step: Step, attempt: Attempt): Promise<void> {
    const work = transact(current, step, attempt);
    try {
      await withinTime(work, WRITE_MS, "a transaction");
      if (step.offset !== undefined) positions.set(step.offset.topic, step.offset.offset);
    } catch (error) {
      attempt.isOver = true;
      if (attempt.isCommitting && step.offset !== undefined) doubtful.set(step.offset.topic, step.offset.offset);
      // Whatever failed: its sequence numbers may be behind those of the broker, which would take new records for repeats.
      if (producer === current) producer = undefined;
      discard(current, work);
      throw error;
    }
  }

  async function write(step: Step): Promise<void> {
    for (const began = elapsed(); ; ) {
      const attempt: Attempt = { isOver: false, isCommitting: false };
      try {
        const current = await connected();
        if (wasTaken(step)) return;
        return await take(current, step, attempt);
      } catch (error) {
        const classified = classifyKafkaError(error);
        // Without an offset nobody could tell whether it was taken.
        const isSafe = !attempt.isCommitting || step.offset !== undefined;
        if (!isSafe || !mayPass(classified) || ownership() !== "held" || elapsed() - began > PATIENCE_MS)
          throw classified;
        await options.sleep(PAUSE_MS);
      }
    }
  }

  return {
    async open() {
      producer = await connect();
    },
    standsAt: (topic, position) => positions.set(topic, position),
    write(step) {
      const turn = last.then(() => write(step));
      last = turn.catch(() => undefined);
      return turn;
    },
    async close() {
      await last;
      const leaving = producer?.disconnect();
      producer = undefined;
      if (leaving !== undefined) await withinTime(leaving, CLOSE_MS, "a goodbye").catch(() => undefined);
    },
  };
}

/** A broker that has just started or taken the lead may not know a topic yet. */
function mayPass(error: WatchkeeperError): boolean {
  return !isFenced(error) && (verdictOf(error) === "retry" || error.code === "kafka_topic_missing");
}
