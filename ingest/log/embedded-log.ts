/**
 * The event log in the data directory, on LMDB. One process has it open (the data directory's lock sees to that).
 *
 * Journal, offsets, checkpoints and outbox are one file, so a commit of all of them is one atomic transaction, and
 * every acknowledged record was flushed to the disk before.
 */
import type { Logger } from "pino";
import type { Topic } from "../../schemas/topics.ts";
import { startSlice } from "../time-slice.ts";
import { Catalogue } from "./embedded-catalogue.ts";
import { type Environment, openEnvironment } from "./embedded-environment.ts";
import { compactedTopic, fenced, logClosed, logFull, notCompacted } from "./embedded-errors.ts";
import { type EmbeddedMember, type Ownable, startMember } from "./embedded-member.ts";
import type { EmbeddedPartition } from "./embedded-partition.ts";
import { FrameReader } from "./embedded-reader.ts";
import { dropOldFrames } from "./embedded-retention.ts";
import { readState } from "./embedded-state.ts";
import { createWriter, type RoutedRecord } from "./embedded-writer.ts";
import type { Commit, ConsumeOptions, EventLog, LogAppend, PartitionLag, StatePut } from "./event-log.ts";
import { createPartitioner } from "./partitioner.ts";
import { withResolvers } from "./resolvers.ts";

export interface EmbeddedLogOptions {
  /** Its own directory, such as `DATA/log`; created (0700) when absent. */
  readonly directory: string;
  /** Fixed when the log is created; later another number is ignored with a warning. Default 4. */
  readonly partitions?: number;
  /**
   * `append` is refused with `log_full` above this. What groups commit is bounded by what they read, and `broadcast` by
   * the starts of the program: refused, a full log could never be started again to make room.
   */
  readonly limitBytes: number;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly logger?: Pick<Logger, "warn">;
}

interface LogUsage {
  /** Bytes that records and state hold now. */
  readonly usedBytes: number;
  /** Bytes of the file they live in. */
  readonly fileBytes: number;
  readonly limitBytes: number;
}

/** An event log that is its own disk's keeper. */
export interface EmbeddedLog extends EventLog {
  /** Drops records older than this that every known group of their topic has passed. Returns how many. */
  retain(olderThan: number): Promise<number>;
  usage(): LogUsage;
  /** About how many bytes a group has not read of a topic: its share of all records, at their mean size. */
  bytesBehind(group: string, topic: Topic): number;
}

const MAX_BATCH_BYTES = 1024 ** 2;

/** Longest stretch of routing a large append before others get the event loop. */
const SLICE_MS = 4;

/** Opens or creates the log. Errors: `log_unreadable`, `log_format_newer`. */
export async function openEmbeddedLog(options: EmbeddedLogOptions): Promise<EmbeddedLog> {
  const environment = await openEnvironment(options.directory, { expectedBytes: options.limitBytes });
  const count = await fixPartitions(environment, options);
  return createLog(environment, count, options);
}

async function fixPartitions({ meta, write }: Environment, options: EmbeddedLogOptions): Promise<number> {
  const { partitions = 4, logger } = options;
  const stored = meta.get(["partitions"]);
  if (stored === undefined) await write(() => meta.put(["partitions"], partitions));
  if (stored !== undefined && stored !== partitions) {
    logger?.warn({ stored, asked: partitions }, "partition count of the event log stays as it was created");
  }
  return stored ?? partitions;
}

function createLog(environment: Environment, count: number, { limitBytes, now }: EmbeddedLogOptions): EmbeddedLog {
  const catalogue = new Catalogue(environment, count);
  const writer = createWriter(environment, catalogue, now);
  const partitionOf = createPartitioner(count);
  const members = new Set<EmbeddedMember>();
  const owners = new Map<string, EmbeddedMember>();
  let retaining: Promise<number> = Promise.resolve(0);
  let copying: Promise<void> = Promise.resolve();
  /** The newest append that is being routed: one that gives way in the middle is not overtaken. */
  let routing: Promise<void> | undefined;
  let closing: Promise<void> | undefined;

  function partitionsOf(topic: Topic): readonly EmbeddedPartition[] {
    const partitions = catalogue.partitionsOf(topic);
    if (partitions === undefined) throw compactedTopic(topic);
    return partitions;
  }

  function route({ topic, key, value }: LogAppend, partition: number): RoutedRecord {
    return { to: partitionsOf(topic)[partition] as EmbeddedPartition, key, value };
  }

  function stateful(put: StatePut): StatePut {
    if (catalogue.partitionsOf(put.topic) !== undefined) throw notCompacted(put.topic);
    return put;
  }

  async function submit(records: readonly RoutedRecord[]): Promise<void> {
    if (closing !== undefined) throw logClosed();
    await writer.submit({ records });
  }

  async function submitWithinLimit(records: readonly RoutedRecord[]): Promise<void> {
    const used = environment.size().usedBytes + writer.waitingBytes();
    if (closing === undefined && used >= limitBytes) throw logFull(used, limitBytes);
    await submit(records);
  }

  function ownable(group: string, of: EmbeddedPartition): Ownable {
    let isAtEnd = () => false;
    return {
      readFrom(offset) {
        const reader = new FrameReader(environment, of, offset);
        isAtEnd = () => reader.isAtEnd;
        return (maxBytes) => reader.read(maxBytes);
      },
      changed: () => of.changed(),
      announce: () => of.announce(),
      take: () => take(group, of, () => isAtEnd()),
    };
  }

  function take(group: string, of: EmbeddedPartition, isAtEnd: () => boolean): ReturnType<Ownable["take"]> {
    const { topic, partition, beginning, end } = of;
    const under = new Set<Promise<void>>();
    const ended = new AbortController();
    const refuse = () => (ended.signal.aborted ? fenced(group, topic, partition) : undefined);

    async function commit({ offset, puts = [], appends = [], routed = [] }: Commit): Promise<void> {
      const refusal = refuse();
      if (refusal !== undefined) throw refusal;
      const written = writer.submit({
        refuse,
        records: [
          ...appends.map((record) => route(record, partition)),
          ...routed.map((record) => route(record, partitionOf(record.key))),
        ],
        puts: puts.map((put) => ({ ...stateful(put), partition })),
        positions: offset === undefined ? [] : [{ group, topic, partition, offset }],
      });
      under.add(written);
      await written.finally(() => under.delete(written));
    }

    return {
      assignment: {
        topic,
        partition,
        committed: catalogue.position(group, topic, partition) ?? beginning,
        beginning,
        end,
        readState: (state) => readState(environment, state, partition),
        commit,
        ended: ended.signal,
        isOwner: () => !ended.signal.aborted,
        isAtEnd: async () => isAtEnd(),
      },
      async giveUp() {
        ended.abort();
        await Promise.allSettled(under);
      },
    };
  }

  function consume({ group, topics, open, maxBatchBytes = MAX_BATCH_BYTES }: ConsumeOptions): EmbeddedMember {
    if (closing !== undefined) throw logClosed();
    const partitions = topics.flatMap(partitionsOf);
    const names = topics.map((topic) => `${topic} ${group}`);
    const formers = new Set(names.map((name) => owners.get(name)));
    const member = startMember({
      async prepare() {
        await Promise.all([...formers].map((former) => former?.release()));
        const unknown = partitions.filter((p) => catalogue.position(group, p.topic, p.partition) === undefined);
        const positions = unknown.map(({ topic, partition, beginning }) => ({
          ...{ group, topic, partition },
          offset: beginning,
        }));
        if (positions.length > 0) await writer.submit({ positions });
      },
      partitions: partitions.map((partition) => ownable(group, partition)),
      open,
      maxBatchBytes,
    });
    for (const name of names) owners.set(name, member);
    members.add(member);
    void Promise.allSettled([member.done, member.released]).then(() => {
      members.delete(member);
      for (const name of names) if (owners.get(name) === member) owners.delete(name);
    });
    return member;
  }

  /** One at a time. */
  function retain(olderThan: number): Promise<number> {
    const drop = () =>
      closing === undefined ? dropOldFrames(environment, catalogue, writer, olderThan) : Promise.resolve(0);
    retaining = retaining.then(drop, drop);
    return retaining;
  }

  function lagOf(group: string, { topic, partition, beginning, end }: EmbeddedPartition): PartitionLag {
    return { topic, partition, committed: catalogue.position(group, topic, partition) ?? beginning, end };
  }

  function bytesBehind(group: string, topic: Topic): number {
    const held = [...catalogue.all()].reduce((sum, { beginning, end }) => sum + end - beginning, 0);
    const unread = partitionsOf(topic).reduce((sum, of) => sum + of.end - lagOf(group, of).committed, 0);
    return held === 0 ? 0 : (environment.size().usedBytes * unread) / held;
  }

  async function shut(): Promise<void> {
    await Promise.all([...members].map((member) => member.stop()));
    await writer.close();
    // A retention that runs is refused its next step by the writer.
    await Promise.allSettled([retaining, copying]);
    await environment.close();
  }

  return {
    partitions: count,
    partitionOf,
    async append(records) {
      const former = routing;
      const turn = withResolvers();
      routing = turn.promise;
      if (former !== undefined) await former;
      const routed: RoutedRecord[] = [];
      try {
        const slice = startSlice(SLICE_MS);
        for (const record of records) {
          routed.push(route(record, partitionOf(record.key)));
          if (slice.over()) await slice.next();
        }
      } finally {
        if (routing === turn.promise) routing = undefined;
        turn.resolve();
      }
      await submitWithinLimit(routed);
    },
    broadcast: async (topic, value, only) =>
      submit(
        partitionsOf(topic)
          .filter((_, partition) => only?.includes(partition) ?? true)
          .map((to) => ({ to, key: "", value })),
      ),
    consume,
    lag: async (group, topic) => partitionsOf(topic).map((of) => lagOf(group, of)),
    overdue: async (group, topic, before) =>
      partitionsOf(topic).flatMap((of) => {
        const lag = lagOf(group, of);
        const [oldest] = lag.committed < of.end ? new FrameReader(environment, of, lag.committed).read(1) : [];
        return oldest !== undefined && oldest.timestamp < before ? [lag] : [];
      }),
    retain,
    bytesBehind,
    usage: () => ({ ...environment.size(), limitBytes }),
    health() {
      const { usedBytes } = environment.size();
      return { ok: usedBytes < limitBytes, detail: `${usedBytes} of ${limitBytes} bytes` };
    },
    async snapshot(directory) {
      if (closing !== undefined) throw logClosed();
      const started = environment.copyTo(directory);
      // LMDB must stay open while it is copied.
      copying = started.then(({ copied }) => copied);
      copying.catch(() => undefined);
      return started;
    },
    close() {
      closing ??= shut();
      return closing;
    },
  };
}
