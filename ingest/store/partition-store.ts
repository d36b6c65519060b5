/**
 * One partition of one topic on its way to ClickHouse: records become rows, rows gather in a batch, the batch is sent
 * when it is full or old enough. At most one batch is under way while the next one fills; then reading waits.
 */
import { setMaxListeners } from "node:events";
import { TOPICS } from "../../schemas/topics.ts";
import type { Gate } from "../gate.ts";
import { createRepeatFilter, lookbackStart, type RepeatFilter } from "../journal/repeat-filter.ts";
import type { Assignment, LogRecord, PartitionReader } from "../log/event-log.ts";
import { startSlice } from "../time-slice.ts";
import { readHead, readPast } from "../watch/read-record.ts";
import { Batch } from "./batch.ts";
import type { Share } from "./held-partitions.ts";
import { pendingRange, type Range } from "./range.ts";
import { createRangeWriter, type RangeWriterOptions } from "./range-writer.ts";
import { refusedLetter } from "./refused-letter.ts";
import { type Row, rowOfJournal, rowOfOther } from "./row.ts";
import type { Stored } from "./store.ts";

/** Longest stretch of building rows before others get the event loop; all partitions of both groups may take one in a row. */
const SLICE_MS = 1;

export interface PartitionStoreOptions extends Omit<RangeWriterOptions, "assignment"> {
  /** Held shut for moments at which nothing may be written. */
  readonly gate: Gate;
  readonly recentIds: number;
  readonly now: () => number;
  readonly flushRows: number;
  readonly flushAfterMs: number;
  readonly share: Share;
  readonly onStored: (stored: Stored) => void;
  /** What went wrong while no `handle` was there to reject. */
  readonly onFailure: (error: unknown) => void;
}

export async function openPartitionStore(
  assignment: Assignment,
  options: PartitionStoreOptions,
): Promise<PartitionReader> {
  const { topic, partition, committed, beginning } = assignment;
  const { telemetry, now, sleep, recentIds } = options;
  const isJournal = topic === TOPICS.journal;
  const filter = createRepeatFilter({ recentIds });
  const giveUp = AbortSignal.any([options.giveUp, assignment.ended]);
  setMaxListeners(0, giveUp);
  const writer = createRangeWriter({ ...options, giveUp, assignment });
  const closing = new AbortController();
  setMaxListeners(0, closing.signal);
  let replay = await readPending(assignment);
  let batch = new Batch();
  let sending: Promise<void> | undefined;
  let sentAt = Number.NEGATIVE_INFINITY;
  /** Why nothing is sent any more. */
  let failure: { readonly error: unknown } | undefined;
  /** The store was away when the process had to stop. */
  let isLeft = false;

  // What a former process began is inside the gate until it is whole.
  const leaveReplay = replay === undefined ? undefined : await options.gate.join(options.giveUp);
  if (replay !== undefined) telemetry.rangeReplayed({ topic, partition, from: replay.from, to: replay.to });

  /** The row of a record; undefined for what is not stored. */
  function rowOf(record: LogRecord, stated: Range | undefined): Row | undefined {
    if (!isJournal) return rowOfOther(record) ?? unreadable(record);
    const read = readHead(record.value);
    if (read === undefined) return unreadable(record);
    const isRepeat = read.type === "event" && judge(filter, read, record.offset);
    const skipped = stated === undefined ? isRepeat : stated.skip.includes(record.offset);
    if (!skipped) return rowOfJournal(read, record);
    batch.skip.push(record.offset);
    telemetry.repeatDropped();
    return undefined;
  }

  function judge(memory: RepeatFilter, event: Parameters<RepeatFilter["accept"]>[0], offset: number): boolean {
    const decision = memory.accept(event, offset);
    if (decision === "conflict") telemetry.conflictKept({ topic, partition, offset });
    return decision === "repeat";
  }

  function unreadable(record: LogRecord): undefined {
    telemetry.recordUnreadable({ topic, partition, offset: record.offset });
    batch.letters.push(refusedLetter(record, "unreadable_record", "not a record of this program"));
    return undefined;
  }

  /** What was stated is of no use: nothing of it comes again. */
  function dropReplay(): void {
    replay = undefined;
    leaveReplay?.();
  }

  function take(record: LogRecord): void {
    // The group's position was set back, to that of a restored store.
    if (replay !== undefined && record.offset < replay.from) dropReplay();
    if (batch.isEmpty) void flushLater(batch);
    batch.cover(record.offset);
    const row = rowOf(record, replay);
    if (row !== undefined) batch.add({ ...row, record });
  }

  function isFull(): boolean {
    if (replay !== undefined) return batch.to >= replay.to;
    return batch.records >= options.flushRows || batch.bytes >= options.share.bytes();
  }

  async function send(full: Batch, stated: Range | undefined): Promise<void> {
    const range = stated ?? full.range();
    const write = () => writer.write(full, range, stated !== undefined);
    const isStored = await (stated === undefined ? options.gate.pass(write, options.giveUp) : write());
    if (isStored && stated !== undefined) leaveReplay?.();
    if (!isStored) {
      isLeft = true;
      telemetry.leftForNextStart({ topic, partition, records: full.records });
      return;
    }
    telemetry.rangeStored(topic);
    const at = now();
    const slice = startSlice(SLICE_MS);
    const { backfillRows } = full;
    for (const { arrivedAt } of full.rows) {
      if (arrivedAt !== undefined) telemetry.eventStored(at - arrivedAt);
      if (slice.over()) await slice.next();
    }
    options.onStored({ topic, partition, from: range.from, to: range.to, rows: full.rows.length, backfillRows });
  }

  async function attempt(full: Batch, stated: Range | undefined): Promise<void> {
    try {
      await send(full, stated);
    } catch (error) {
      failure = { error };
    }
    sending = undefined;
  }

  function throwFailure(): void {
    if (failure !== undefined) throw failure.error;
  }

  /** Sends this batch after the one under way; does nothing when it was taken meanwhile. */
  async function flush(wanted: Batch): Promise<void> {
    while (sending !== undefined) await sending;
    throwFailure();
    if (isLeft || batch !== wanted || batch.isEmpty) return;
    const stated = replay;
    batch = new Batch();
    replay = undefined;
    sentAt = now();
    sending = attempt(wanted, stated);
    await sending;
    throwFailure();
  }

  async function flushLater(young: Batch): Promise<void> {
    const sinceSent = Math.max(0, now() - sentAt);
    await sleep(Math.max(options.flushAfterMs, options.share.everyMs() - sinceSent), closing.signal);
    // A stated range is sent whole, when its last record is here.
    if (closing.signal.aborted || batch !== young || replay !== undefined) return;
    try {
      await flush(young);
    } catch (error) {
      options.onFailure(error);
    }
  }

  return {
    startAt: Math.max(beginning, isJournal ? lookbackStart(committed, beginning, recentIds) : committed),
    async handle(records) {
      const slice = startSlice(SLICE_MS);
      for (const record of records) {
        if (record.offset < committed) {
          const past = readPast(record.value);
          if (past !== undefined) filter.accept(past, record.offset);
        } else {
          if (replay !== undefined && record.offset > replay.to) await (batch.isEmpty ? dropReplay() : flush(batch));
          take(record);
          if (isFull()) await flush(batch);
        }
        if (isLeft) return;
        if (slice.over()) await slice.next();
      }
    },
    async close() {
      closing.abort();
      try {
        if (replay === undefined) await flush(batch);
        else while (sending !== undefined) await sending;
      } finally {
        leaveReplay?.();
      }
    },
  };
}

async function readPending(assignment: Assignment): Promise<Range | undefined> {
  const state: [key: string, value: Buffer][] = [];
  for await (const [key, value] of assignment.readState(TOPICS.storeState)) state.push([key, value]);
  return pendingRange(assignment.topic, assignment.committed, state);
}
