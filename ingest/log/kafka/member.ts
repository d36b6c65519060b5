/**
 * A member of a consumer group on Kafka. kafkajs assigns and fetches; partitions are opened and closed here as they come
 * and go. kafkajs tells of an assignment only after the fact and awaits nobody: so everything that is assigned is paused
 * in the very turn in which it is told, and each partition is resumed when it is open.
 */
import type { CompressionTypes, Consumer, EachBatchPayload, InstrumentationEvent, Kafka } from "kafkajs";
import type { Logger } from "pino";
import { messageOf, verdictOf } from "../../../schemas/errors.ts";
import type { Topic } from "../../../schemas/topics.ts";
import { classifyKafkaError } from "../../kafka/errors.ts";
import type { ConsumeOptions, GroupMember } from "../event-log.ts";
import { createAssigner } from "./assigner.ts";
import type { Names } from "./names.ts";
import { createOwner, type Fetching, type Gap, type Owner } from "./owner.ts";
import { createTransactions } from "./transactions.ts";
import type { Watermarks } from "./watermarks.ts";
import { recordOf } from "./wire.ts";

export interface MemberOptions extends ConsumeOptions {
  readonly kafka: Kafka;
  readonly compression: CompressionTypes;
  readonly names: Names;
  readonly watermarks: Watermarks;
  readonly partitionOf: (key: string) => number;
  /** A monotonic clock, milliseconds. */
  readonly elapsed: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  readonly logger: Logger;
  readonly onGap: (gap: Gap) => void;
}

export interface KafkaMember extends GroupMember {
  /** The end of an owned partition without the markers that nobody is given; undefined: not owned here. */
  endOf(topic: Topic, partition: number, high: number): number | undefined;
}

const SESSION_MS = 9_000;
const REBALANCE_MS = 10_000;
/** A heartbeat was answered so lately that the group cannot have given the partitions to others. */
const LEASE_MS = 6_000;
/** How long a stop waits for the client to leave. */
const LEAVE_WITHIN_MS = 5_000;
const RESTART_MS = 1_000;
const MAX_BATCH_BYTES = 1024 ** 2;

export function startKafkaMember(options: MemberOptions): KafkaMember {
  const { kafka, group, topics, state = [], watermarks, elapsed, logger, names } = options;
  const owners = new Map<number, Owner>();
  /** Taken by another process while assigned here: opened again when the group has confirmed the assignment. */
  const lost = new Set<number>();
  let assigned = new Map<Topic, ReadonlySet<number>>();
  let memberId = "";
  let confirmedAt = Number.NEGATIVE_INFINITY;
  let consumer: Consumer | undefined;
  let isStopping = false;
  let turn: Promise<void> = Promise.resolve();
  const done = withResolvers();
  done.promise.catch(() => undefined);

  const isMember = () => elapsed() - confirmedAt < LEASE_MS;

  const place = (topic: Topic, partition: number) => [{ topic: names.topic(topic), partitions: [partition] }];

  const fetching: Fetching = {
    from(topic, partition, offset) {
      if (!assigned.get(topic)?.has(partition)) return;
      consumer?.seek({ topic: names.topic(topic), partition, offset: String(offset) });
      consumer?.resume(place(topic, partition));
    },
    pause: (topic, partition) => consumer?.pause(place(topic, partition)),
    resume(topic, partition) {
      if (assigned.get(topic)?.has(partition)) consumer?.resume(place(topic, partition));
    },
  };

  function fail(error: unknown): void {
    done.reject(error);
    void stop();
  }

  function ownerOf(partition: number): Owner {
    const owner: Owner = createOwner({
      ...{ group, partition, state, watermarks, fetching, isMember },
      topics: topics.filter((topic) => assigned.get(topic)?.has(partition)),
      open: options.open,
      maxBatchBytes: options.maxBatchBytes ?? MAX_BATCH_BYTES,
      partitionOf: options.partitionOf,
      transactions: createTransactions({
        ...{ kafka, group, partition, names, compression: options.compression },
        isOwner: isMember,
        committed: async (topic) => (await watermarks.committed(group, topic)).get(partition) ?? -1,
      }),
      sleep: options.sleep,
      onGap: options.onGap,
      onLost: () => void inTurn(() => giveUp(partition, owner, true)),
      onFailure: fail,
    });
    return owner;
  }

  function inTurn(work: () => Promise<void>): Promise<void> {
    turn = turn.then(work).catch(fail);
    return turn;
  }

  async function giveUp(partition: number, owner: Owner, isLost: boolean): Promise<void> {
    if (owners.get(partition) !== owner) return;
    if (isLost) {
      lost.add(partition);
      logger.warn({ group, partition }, "another process has taken a partition; this one stops working on it");
    }
    await owner.close();
    owners.delete(partition);
  }

  /** Closes what was taken away, then opens what is new. */
  async function reconcile(isFresh: boolean): Promise<void> {
    const wanted = new Set([...assigned].flatMap(([topic, own]) => (topics.includes(topic) ? [...own] : [])));
    const gone = [...owners].filter(([partition]) => isFresh || isStopping || !wanted.has(partition));
    await Promise.all(gone.map(([partition, owner]) => giveUp(partition, owner, false)));
    if (isStopping) return;
    for (const owner of owners.values()) owner.reposition();
    for (const partition of wanted) {
      if (owners.has(partition) || lost.has(partition)) continue;
      const owner = ownerOf(partition);
      owners.set(partition, owner);
      void owner.open();
    }
  }

  function onJoin({ payload }: { payload: { memberId: string; memberAssignment: Record<string, number[]> } }): void {
    const entries = Object.entries(payload.memberAssignment);
    consumer?.pause(entries.map(([topic, partitions]) => ({ topic, partitions })));
    assigned = new Map(entries.map(([name, partitions]) => [names.topicOf(name), new Set(partitions)]));
    confirmedAt = elapsed();
    // Under another name it was out of the group for a while, and what it has in memory may be old.
    const isFresh = memberId !== payload.memberId;
    memberId = payload.memberId;
    lost.clear();
    logger.info({ group, partitions: assigned.get(topics[0] as Topic)?.size ?? 0 }, "joined the consumer group");
    void inTurn(() => reconcile(isFresh));
  }

  function onHeartbeat(): void {
    confirmedAt = elapsed();
    if (lost.size === 0) return;
    lost.clear();
    void inTurn(() => reconcile(false));
  }

  function put({ topic, partition, messages, fetchedOffset, lastOffset }: Fetched): boolean {
    const owner = owners.get(partition);
    if (owner === undefined || !assigned.get(topic)?.has(partition)) return false;
    const records = messages.map((message) => recordOf(topic, partition, message));
    return owner.put(topic, records, Number(fetchedOffset ?? messages[0]?.offset ?? 0), Number(lastOffset) + 1);
  }

  async function eachBatch({ batch, resolveOffset }: EachBatchPayload): Promise<void> {
    const { partition, messages } = batch;
    const { fetchedOffset } = batch as { readonly fetchedOffset?: string };
    const lastOffset = batch.lastOffset();
    const last = messages.at(-1);
    if (last === undefined) return;
    if (put({ topic: names.topicOf(batch.topic), partition, messages, fetchedOffset, lastOffset }))
      resolveOffset(last.offset);
  }

  /** A fetch of markers or of aborted records alone is not handed over, but moves the position. */
  function onEmptyBatch({
    payload,
  }: InstrumentationEvent<{ topic: string; partition: number; batchSize: number; lastOffset: string }>): void {
    if (payload.batchSize > 0) return;
    const { topic, partition, lastOffset } = payload;
    put({ topic: names.topicOf(topic), partition, messages: [], fetchedOffset: undefined, lastOffset });
  }

  async function connect(): Promise<void> {
    const fresh = kafka.consumer({
      groupId: names.group(group),
      partitionAssigners: [createAssigner(() => [...owners.keys()])],
      sessionTimeout: SESSION_MS,
      rebalanceTimeout: REBALANCE_MS,
      heartbeatInterval: 2_000,
      maxWaitTimeInMs: 100,
      maxBytesPerPartition: 1024 ** 2,
      maxBytes: 4 * 1024 ** 2,
      allowAutoTopicCreation: false,
      metadataMaxAge: 60_000,
      retry: { retries: 8, initialRetryTime: 100, maxRetryTime: 2_000, restartOnFailure: async () => false },
    });
    consumer = fresh;
    const { events } = fresh;
    const ifCurrent =
      <Event>(listener: (event: Event) => void) =>
      (event: Event) => {
        if (consumer === fresh) listener(event);
      };
    fresh.on(events.GROUP_JOIN, ifCurrent(onJoin));
    fresh.on(events.HEARTBEAT, ifCurrent(onHeartbeat));
    fresh.on(events.START_BATCH_PROCESS, ifCurrent(onEmptyBatch));
    fresh.on(
      events.CRASH,
      ifCurrent(({ payload }) => void restart(fresh, payload.error)),
    );
    await fresh.connect();
    await fresh.subscribe({ topics: [...topics, ...state].map(names.topic), fromBeginning: true });
    await fresh.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch });
  }

  /** A crashed consumer is dead in a living process unless somebody starts another. */
  async function restart(crashed: Consumer, error: unknown): Promise<void> {
    if (consumer === crashed) consumer = undefined;
    confirmedAt = Number.NEGATIVE_INFINITY;
    const classified = classifyKafkaError(error);
    if (verdictOf(classified) === "fatal") return fail(classified);
    logger.warn({ group, error: messageOf(classified) }, "the consumer crashed and is started again");
    await within(crashed.disconnect(), LEAVE_WITHIN_MS);
    await options.sleep(RESTART_MS);
    if (!isStopping && consumer === undefined) await begin();
  }

  async function begin(): Promise<void> {
    try {
      await connect();
    } catch (error) {
      if (consumer !== undefined) await restart(consumer, error);
    }
  }

  function within(work: Promise<unknown>, ms: number): Promise<unknown> {
    return Promise.race([work.catch(() => undefined), options.sleep(ms)]);
  }

  let stopping: Promise<void> | undefined;
  function stop(): Promise<void> {
    stopping ??= (async () => {
      isStopping = true;
      await inTurn(() => reconcile(false));
      const leaving = consumer;
      consumer = undefined;
      if (leaving !== undefined) await within(leaving.disconnect(), LEAVE_WITHIN_MS);
      done.resolve();
    })();
    return stopping;
  }

  void begin();
  return {
    done: done.promise,
    stop,
    endOf: (topic, partition, high) => owners.get(partition)?.endOf(topic, high),
  };
}

interface Fetched {
  readonly topic: Topic;
  readonly partition: number;
  readonly messages: EachBatchPayload["batch"]["messages"];
  /** Where the fetch began. */
  readonly fetchedOffset: string | undefined;
  /** Of the last record or marker of the fetch. */
  readonly lastOffset: string;
}

function withResolvers(): { promise: Promise<void>; resolve: () => void; reject: (error: unknown) => void } {
  let resolve: () => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}
