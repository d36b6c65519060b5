/**
 * A member of a consumer group on Kafka. kafkajs assigns and fetches; partitions are opened and closed here as they come
 * and go. kafkajs tells of an assignment only after the fact and awaits nobody: so everything that is assigned is paused
 * in the very turn in which it is told, and each partition is resumed when it is open.
 */
import type { CompressionTypes, Consumer, EachBatchPayload, InstrumentationEvent, Kafka } from "kafkajs";
import type { Logger } from "pino";
import { messageOf } from "../../../schemas/errors.ts";
import type { Topic } from "../../../schemas/topics.ts";
import { settledBy } from "../../settled-by.ts";
import type { ConsumeOptions, GroupMember } from "../event-log.ts";
import { withResolvers } from "../resolvers.ts";
import { createAssigner } from "./assigner.ts";
import type { GapOptions } from "./gap-notes.ts";
import { createLease } from "./lease.ts";
import type { Names } from "./names.ts";
import { createOwner, type Fetching, type Owner } from "./owner.ts";
import { createOwners } from "./owners.ts";
import { positionOf } from "./position.ts";
import { createRoom } from "./room.ts";
import { superviseConsumer } from "./supervise.ts";
import { createTransactions, type Ownership } from "./transactions.ts";
import type { Watermarks } from "./watermarks.ts";
import { recordOf, unreadableIn } from "./wire.ts";

export interface MemberOptions extends ConsumeOptions, GapOptions {
  readonly kafka: Kafka;
  readonly compression: CompressionTypes;
  readonly names: Names;
  readonly watermarks: Watermarks;
  readonly partitionOf: (key: string) => number;
  /** What may wait for the readers of all partitions together; what one answer brings may come on top. */
  readonly roomBytes: number;
  /** A monotonic clock, milliseconds. */
  readonly elapsed: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  readonly logger: Logger;
}

export interface KafkaMember extends GroupMember {
  /** The end of an owned partition without the markers that nobody is given; undefined: not owned here. */
  endOf(topic: Topic, partition: number, high: number): number | undefined;
}

const SESSION_MS = 9_000;
const REBALANCE_MS = 10_000;
/** So long after a heartbeat that was answered left, the group cannot have given the partitions to others. */
const LEASE_MS = 6_000;
const MAX_BATCH_BYTES = 1024 ** 2;

export function startKafkaMember(options: MemberOptions): KafkaMember {
  const { kafka, group, topics, state = [], watermarks, elapsed, logger, names } = options;
  const lease = createLease(LEASE_MS, elapsed);
  const owners = createOwners(ownerOf, fail);
  const room = createRoom({
    limitBytes: options.roomBytes,
    held: () => owners.open.reduce((sum, partition) => sum + (owners.get(partition)?.heldBytes ?? 0), 0),
    letIn: (partition) => owners.get(partition)?.reposition(),
  });
  let assigned = new Map<Topic, ReadonlySet<number>>();
  let memberId = "";
  /** Requests to join since the last assignment: with more than one, others may have had our partitions in between. */
  let joins = 0;
  let isStopping = false;
  /** Closing because this process stops, and given to nobody else yet. */
  let last: ReadonlySet<number> = new Set();
  const done = withResolvers();
  done.promise.catch(() => undefined);

  const isMember = () => lease.isHeld;
  const place = (topic: Topic, partition: number) => [{ topic: names.topic(topic), partitions: [partition] }];

  /** A consumer that has just ended refuses; the next one is told again where to fetch. */
  function tell(work: (consumer: Consumer) => void): void {
    const { current } = consumer;
    if (current === undefined) return;
    try {
      work(current);
    } catch (error) {
      logger.debug({ group, error: messageOf(error) }, "the consumer does not listen");
    }
  }

  const fetching: Fetching = {
    from(topic, partition, offset) {
      if (!assigned.get(topic)?.has(partition)) return;
      tell((current) => {
        current.seek({ topic: names.topic(topic), partition, offset: String(offset) });
        current.resume(place(topic, partition));
      });
    },
    pause: (topic, partition) => tell((current) => current.pause(place(topic, partition))),
    resume(topic, partition) {
      if (assigned.get(topic)?.has(partition)) tell((current) => current.resume(place(topic, partition)));
    },
  };

  function fail(error: unknown): void {
    done.reject(error);
    void stop();
  }

  /** One whose partition was taken away may finish with the epoch that it has, not take it back from the next. */
  function ownership(partition: number): Ownership {
    if (!owners.open.includes(partition) && !last.has(partition)) return "over";
    return isMember() ? "held" : "unsure";
  }

  function ownerOf(partition: number): Owner {
    const committed = (topic: Topic) =>
      positionOf({ group, topic, partition, watermarks, sleep: options.sleep, logger });
    return createOwner({
      ...{ group, partition, state, watermarks, fetching, isMember, logger, committed },
      topics: topics.filter((topic) => assigned.get(topic)?.has(partition)),
      open: options.open,
      maxBatchBytes: options.maxBatchBytes ?? MAX_BATCH_BYTES,
      partitionOf: options.partitionOf,
      transactions: createTransactions({
        ...{ kafka, group, partition, names, elapsed, committed },
        ...{ compression: options.compression, sleep: options.sleep },
        ownership: () => ownership(partition),
      }),
      sleep: options.sleep,
      onGap: options.onGap,
      recordOfGap: options.recordOfGap,
      onTaken: room.freed,
      onLost() {
        logger.warn({ group, partition }, "a partition was lost; it is taken again when the group confirms it");
        owners.lose(partition, openWanted);
      },
      onFailure: fail,
    });
  }

  const wanted = () => new Set([...assigned].flatMap(([topic, own]) => (topics.includes(topic) ? [...own] : [])));

  function openWanted(): void {
    room.freed();
    if (!isStopping) owners.openAll(wanted());
  }

  /** Closes what was taken away, goes on with what was kept, opens what is new. */
  function reconcile(isFresh: boolean): void {
    const keep = wanted();
    last = new Set(isFresh ? [] : [...last].filter((partition) => keep.has(partition)));
    for (const partition of owners.open) {
      if (isFresh || isStopping || !keep.has(partition)) owners.close(partition, openWanted);
      else owners.get(partition)?.reposition();
    }
    openWanted();
  }

  function onJoin({ payload }: { payload: { memberId: string; memberAssignment: Record<string, number[]> } }): void {
    const entries = Object.entries(payload.memberAssignment);
    tell((current) => current.pause(entries.map(([topic, partitions]) => ({ topic, partitions }))));
    assigned = new Map(entries.map(([name, partitions]) => [names.topicOf(name), new Set(partitions)]));
    lease.confirmed("SyncGroup");
    // Out of the group for a while, or for a generation: what is in memory may be old.
    const isFresh = memberId !== payload.memberId || joins > 1;
    joins = 0;
    memberId = payload.memberId;
    owners.findAgain();
    logger.info({ group, partitions: assigned.get(topics[0] as Topic)?.size ?? 0 }, "joined the consumer group");
    reconcile(isFresh);
  }

  function onHeartbeat(): void {
    lease.confirmed("Heartbeat");
    if (isMember() && owners.findAgain()) openWanted();
  }

  function put({ topic, partition, messages, fetchedOffset, lastOffset }: FetchedBatch): boolean {
    const owner = owners.get(partition);
    if (owner === undefined || !assigned.get(topic)?.has(partition)) return false;
    if (messages.length > 0 && !state.includes(topic) && !room.admit(partition)) {
      // Not taken, so it is fetched again when the partition is let in.
      fetching.pause(topic, partition);
      return false;
    }
    const unreadable = unreadableIn(messages);
    const readable = unreadable.length === 0 ? messages : messages.filter((message) => !("unreadable" in message));
    const records = readable.map((message) => recordOf(topic, partition, message));
    const from = Number(fetchedOffset ?? messages[0]?.offset ?? 0);
    return owner.put({ topic, records, from, next: Number(lastOffset) + 1, unreadable });
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

  const onAsking = () => {
    joins += 1;
    // The others may know of the new assignment before this process does.
    lease.drop();
    return owners.open;
  };

  const consumer = superviseConsumer({
    ...{ group, eachBatch, logger, sleep: options.sleep },
    topics: [...topics, ...state].map(names.topic),
    create: () =>
      kafka.consumer({
        groupId: names.group(group),
        partitionAssigners: [createAssigner(onAsking)],
        sessionTimeout: SESSION_MS,
        rebalanceTimeout: REBALANCE_MS,
        heartbeatInterval: 2_000,
        maxWaitTimeInMs: 100,
        maxBytesPerPartition: 1024 ** 2,
        maxBytes: 4 * 1024 ** 2,
        allowAutoTopicCreation: false,
        metadataMaxAge: 60_000,
        retry: { retries: 8, initialRetryTime: 100, maxRetryTime: 2_000, restartOnFailure: async () => false },
      }),
    attach(fresh) {
      const { events } = fresh;
      const ifCurrent =
        <Event>(listener: (event: Event) => void) =>
        (event: Event) => {
          if (consumer.current === fresh) listener(event);
        };
      fresh.on(events.GROUP_JOIN, ifCurrent(onJoin));
      fresh.on(events.HEARTBEAT, ifCurrent(onHeartbeat));
      fresh.on(events.START_BATCH_PROCESS, ifCurrent(onEmptyBatch));
      // It joins anew or leaves: others may have the partitions from then on.
      fresh.on(events.REBALANCING, ifCurrent(lease.drop));
      fresh.on(events.REQUEST, ({ payload }) => lease.answered(payload.apiName, payload.duration));
    },
    onGone() {
      lease.drop();
      last = new Set();
    },
    onFatal: fail,
  });

  let stopping: Promise<void> | undefined;
  function stop(late?: AbortSignal): Promise<void> {
    stopping ??= (async () => {
      isStopping = true;
      last = new Set(owners.open);
      reconcile(false);
      await settledBy(owners.closed(), late);
      await consumer.stop(late);
      done.resolve();
    })();
    return stopping;
  }

  return {
    done: done.promise,
    stop,
    endOf: (topic, partition, high) => owners.get(partition)?.endOf(topic, high),
  };
}

interface FetchedBatch {
  readonly topic: Topic;
  readonly partition: number;
  readonly messages: EachBatchPayload["batch"]["messages"];
  /** Where the fetch began. */
  readonly fetchedOffset: string | undefined;
  /** Of the last record or marker of the fetch. */
  readonly lastOffset: string;
}
