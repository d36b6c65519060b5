/**
 * One partition of a group in the hands of this process: the former owner is fenced, the state is read to its end, the
 * readers are opened, and only then their records are fetched.
 */
import type { Logger } from "pino";
import { isFenced, messageOf, verdictOf } from "../../../schemas/errors.ts";
import type { Topic } from "../../../schemas/topics.ts";
import { classifyKafkaError } from "../../kafka/errors.ts";
import type { Assignment, Commit, LogRecord, OpenPartition, PartitionReader } from "../event-log.ts";
import { fenced, truncated, unavailable } from "./errors.ts";
import { createGapNotes, type GapOptions } from "./gap-notes.ts";
import { createLane, type Lane } from "./lane.ts";
import { skipMarkers } from "./skip-markers.ts";
import { createStateLoads, type LoadedState } from "./state-loads.ts";
import type { Transactions } from "./transactions.ts";
import type { Watermark, Watermarks } from "./watermarks.ts";
import type { Outgoing, Unreadable } from "./wire.ts";

/** What the fetching client does for a partition of a topic. */
export interface Fetching {
  /** Goes on fetching from this offset. */
  from(topic: Topic, partition: number, offset: number): void;
  pause(topic: Topic, partition: number): void;
  resume(topic: Topic, partition: number): void;
}

export interface OwnerOptions extends GapOptions {
  readonly group: string;
  readonly partition: number;
  /** Those that have this partition. */
  readonly topics: readonly Topic[];
  readonly state: readonly Topic[];
  readonly open: OpenPartition;
  readonly maxBatchBytes: number;
  readonly partitionOf: (key: string) => number;
  readonly transactions: Transactions;
  readonly watermarks: Pick<Watermarks, "of">;
  /** Where the group stands once its former owner is fenced; -1: never committed. */
  readonly committed: (topic: Topic) => Promise<number>;
  readonly fetching: Fetching;
  /** Whether the group surely counts this process as the owner. */
  readonly isMember: () => boolean;
  readonly sleep: (ms: number) => Promise<void>;
  readonly logger: Pick<Logger, "warn" | "error">;
  /** Records were handed over to a reader. */
  readonly onTaken: () => void;
  /** Another process owns the partition now. */
  readonly onLost: () => void;
  readonly onFailure: (error: unknown) => void;
}

/** Records of one fetch of a topic. */
export interface Fetched {
  readonly topic: Topic;
  readonly records: readonly LogRecord[];
  /** Where it began, and the offset after the last that it reached. */
  readonly from: number;
  readonly next: number;
  /** What of it cannot be read. */
  readonly unreadable: readonly Unreadable[];
}

export interface Owner {
  /** Resolves when its readers are given records, or when it was lost or closed before. */
  open(): Promise<void>;
  /** What was fetched; false: it is not wanted now. */
  put(fetched: Fetched): boolean;
  /** Fetching goes on where it was: after a rebalance in which it was kept, or when there is room again. */
  reposition(): void;
  /** Bytes that wait for its readers. */
  readonly heldBytes: number;
  /** The offset after the newest handled record, where everything up to `high` was handled. */
  endOf(topic: Topic, high: number): number;
  /** Closes its readers, which may still commit; then nothing is taken any more. */
  close(): Promise<void>;
}

const RETRY_MS = 300;
/** How long a reader may finish what it has in hand when its partition is taken away. */
const CLOSE_WITHIN_MS = 5_000;

export function createOwner(options: OwnerOptions): Owner {
  const { group, partition, topics, state, transactions, watermarks, fetching } = options;
  const lanes = new Map<Topic, Lane>();
  const readers: PartitionReader[] = [];
  /** Where the group stands. */
  const positions = new Map<Topic, number>();
  const skips: ReturnType<typeof skipMarkers>[] = [];
  /** Aborted when the partition is no longer ours. */
  const ended = new AbortController();
  let isClosing = false;
  let opening: Promise<void> = Promise.resolve();

  const refusal = (topic: string) => fenced(group, topic, partition);
  const loads = createStateLoads({
    ...{ group, partition, state, fetching, sleep: options.sleep, logger: options.logger },
    write: (messages) => patiently(() => transactions.write({ messages })),
    lowOf: async (topic) => (await patiently(() => reachOf(topic))).low,
    isClosing: () => isClosing,
  });
  const gaps = createGapNotes({ ...options, write: (messages) => transactions.write({ messages }) });

  /** Again and again while it may help and the partition is wanted. */
  async function patiently<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        const classified = classifyKafkaError(error);
        if (isFenced(classified) || verdictOf(classified) !== "retry") throw classified;
        if (isClosing) throw refusal(topics[0] ?? "");
        await options.sleep(RETRY_MS);
      }
    }
  }

  async function reachOf(topic: Topic): Promise<Watermark> {
    const found = (await watermarks.of(topic)).get(partition);
    if (found === undefined) throw unavailable(`Kafka: nothing is known of ${topic}/${partition} now.`);
    return found;
  }

  async function assignmentOf(topic: Topic, loaded: LoadedState): Promise<Assignment> {
    const { low, high } = await patiently(() => reachOf(topic));
    const position = await patiently(() => options.committed(topic));
    transactions.standsAt(topic, position);
    positions.set(topic, Math.max(position, low));
    // Noted before it reads: what is gone until it comes again is a gap, and not how the topic was found.
    if (position >= 0 && position < low) gaps.note({ group, topic, partition, from: position, to: low });
    if (position < low) await patiently(() => take(topic, low));
    if (position > high) throw truncated(group, topic, partition, position, high);
    return {
      ...{ topic, partition },
      committed: Math.max(position, low),
      beginning: low,
      end: high,
      async *readState(from) {
        const found = loaded.get(from);
        if (found === undefined) throw new Error(`${from} is not among the state that group ${group} named`);
        yield* found;
      },
      commit: (commit) => write(topic, commit),
      ended: ended.signal,
      // While it closes, the next owner may be at work already.
      isOwner: () => !isClosing && !ended.signal.aborted && options.isMember(),
      isAtEnd: () => isAtEnd(topic),
    };
  }

  /** One step, with the gaps that are not in the journal yet. */
  async function take(topic: Topic, offset: number | undefined, messages: readonly Outgoing[] = []): Promise<void> {
    const untold = await gaps.untold();
    if (ended.signal.aborted) throw refusal(topic);
    const step = { messages: [...messages, ...untold], ...(offset !== undefined && { offset: { topic, offset } }) };
    await transactions.write(step);
    gaps.told(untold);
    if (offset !== undefined) positions.set(topic, offset);
  }

  async function write(topic: Topic, { offset, puts = [], appends = [], routed = [] }: Commit): Promise<void> {
    if (ended.signal.aborted) throw refusal(topic);
    const messages: Outgoing[] = [...puts, ...appends].map((message) => ({ ...message, partition }));
    for (const message of routed) messages.push({ ...message, partition: options.partitionOf(message.key) });
    if (messages.length === 0 && offset === undefined) return;
    try {
      await take(topic, offset, messages);
    } catch (error) {
      if (!isFenced(error)) throw error;
      lose();
      throw refusal(topic);
    }
  }

  async function isAtEnd(topic: Topic): Promise<boolean> {
    const lane = lanes.get(topic);
    if (lane === undefined || !lane.isIdle) return false;
    const { high } = await reachOf(topic);
    return lane.isIdle && lane.next >= high;
  }

  async function openLane(topic: Topic, loaded: LoadedState): Promise<void> {
    const reader = await options.open(await assignmentOf(topic, loaded));
    readers.push(reader);
    if (isClosing) return;
    const lane = createLane(reader, reader.startAt, {
      maxBatchBytes: options.maxBatchBytes,
      pause: () => fetching.pause(topic, partition),
      resume: () => fetching.resume(topic, partition),
      onTaken: options.onTaken,
      onFailure: fail,
    });
    lanes.set(topic, lane);
    const committed = () => positions.get(topic) ?? 0;
    const commit = (offset: number) => write(topic, { offset });
    skips.push(skipMarkers({ lane, committed, commit, sleep: options.sleep, ended: () => isClosing }));
    fetching.from(topic, partition, lane.next);
  }

  async function open(): Promise<void> {
    try {
      await patiently(() => transactions.open());
      const loaded = await loads.readAll();
      for (const topic of topics) await openLane(topic, loaded);
    } catch (error) {
      fail(error);
    }
  }

  function lose(): void {
    if (ended.signal.aborted) return;
    ended.abort();
    if (!isClosing) options.onLost();
  }

  function fail(error: unknown): void {
    if (isFenced(error)) lose();
    // Whoever has the partition now does what this one could not finish.
    else if (ended.signal.aborted) {
      options.logger.warn({ group, partition, error: messageOf(error) }, "a partition was given away before its end");
    } else options.onFailure(error);
  }

  /** The client began anew by itself: does the topic still reach to where we were? */
  async function suspect(topic: Topic, at: number): Promise<void> {
    const { high } = await patiently(() => reachOf(topic));
    if (at > high) options.onFailure(truncated(group, topic, partition, at, high));
  }

  function putInLane(lane: Lane, { topic, records, from, next, unreadable }: Fetched): boolean {
    const place = { group, topic, partition };
    if (from > lane.next) gaps.note({ ...place, from: lane.next, to: from });
    else if (from < lane.next && records.length > 0) void suspect(topic, lane.next).catch(fail);
    for (const { error, ...range } of unreadable.filter(({ to }) => to > lane.next)) {
      options.logger.error({ ...place, ...range, error: messageOf(error) }, "records that cannot be read");
      gaps.note({ ...place, ...range });
    }
    lane.put(records, next);
    return true;
  }

  return {
    open() {
      opening = open();
      return opening;
    },
    put(fetched) {
      const lane = lanes.get(fetched.topic);
      return lane === undefined ? loads.put(fetched) : putInLane(lane, fetched);
    },
    reposition() {
      loads.reposition();
      for (const [topic, lane] of lanes) {
        fetching.from(topic, partition, lane.next);
        if (lane.isFull) fetching.pause(topic, partition);
      }
    },
    get heldBytes() {
      return [...lanes.values()].reduce((sum, { bytes }) => sum + bytes, 0);
    },
    endOf(topic, high) {
      const lane = lanes.get(topic);
      return lane?.isIdle && lane.next >= high ? lane.handledTo : high;
    },
    async close() {
      isClosing = true;
      loads.cancel();
      for (const topic of [...topics, ...state]) fetching.pause(topic, partition);
      // The next owner waits for nobody: what is not finished by then is its work.
      void options.sleep(CLOSE_WITHIN_MS).then(() => ended.abort());
      await opening;
      const lastSkips = skips.map((last) => last());
      await Promise.all([...lanes.values()].map((lane) => lane.stop()));
      for (const reader of readers) {
        try {
          await reader.close();
        } catch (error) {
          if (!isFenced(error)) options.onFailure(error);
        }
      }
      for (const skip of lastSkips) await skip();
      ended.abort();
      await transactions.close();
    },
  };
}
