/**
 * One partition of the journal in the hands of the watch. Batches and upkeep (checkpoints, ticks) take turns; what the
 * core puts out is durable before it is released and before any state that already knows of it is written.
 */
import { setImmediate as yieldToEventLoop } from "node:timers/promises";
import { isFenced, verdictOf } from "../../schemas/errors.ts";
import { TOPICS } from "../../schemas/topics.ts";
import { createRepeatFilter, lookbackStart } from "../journal/repeat-filter.ts";
import type { Assignment, Commit, LogRecord, PartitionReader } from "../log/event-log.ts";
import { classifyOurs, LOG_LONGEST_DELAY_MS, type Retrying, retrying } from "../retrying.ts";
import { startSlice } from "../time-slice.ts";
import { createCheckpoints } from "./checkpoints.ts";
import type { OpenCore } from "./core.ts";
import { readPast, readRecord } from "./read-record.ts";
import type { WatchTelemetry } from "./telemetry.ts";
import { createTicker } from "./ticker.ts";
import { createTurns } from "./turns.ts";

/** Longest stretch of judging before others get the event loop; all partitions of both groups may take one in a row. */
const SLICE_MS = 1;
/** How often upkeep looks whether something is due. */
const UPKEEP_EVERY_MS = 100;
/** How long the log may take to say where a partition ends. */
const ASK_WITHIN_MS = 1_000;

export interface WatchPartitionOptions<Changed> extends Omit<Retrying, "onRetry"> {
  readonly openCore: OpenCore<Changed>;
  readonly recentIds: number;
  readonly telemetry: WatchTelemetry;
  readonly now: () => number;
  readonly checkpointEveryMs: number;
  readonly tickEveryMs: number;
  /** When the oldest record in hand was appended, by partition; absent while there is none. */
  readonly inHand: Map<number, number>;
  /** What went wrong while no `handle` was there to reject. */
  readonly onFailure: (error: unknown) => void;
}

export async function openWatchPartition<Changed>(
  assignment: Assignment,
  options: WatchPartitionOptions<Changed>,
): Promise<PartitionReader> {
  const { partition, committed, beginning, end } = assignment;
  const { recentIds, telemetry, now, sleep } = options;
  const giveUp = AbortSignal.any([options.giveUp, assignment.ended]);
  const core = options.openCore({
    partition,
    commit: (puts, appends) => assignment.commit({ puts, appends }),
    isOwner: () => assignment.isOwner(),
  });
  let stateKeys = 0;
  for (const topic of [TOPICS.watchState, TOPICS.incidents]) {
    for await (const [key, value] of assignment.readState(topic)) {
      core.restore(topic, key, value);
      stateKeys += 1;
    }
  }

  const filter = createRepeatFilter({ recentIds });
  const startAt = lookbackStart(committed, beginning, recentIds);
  const turns = createTurns();
  const closing = new AbortController();
  let next = startAt;
  /** Nothing more is judged or written: a commit failed for good, or the log was away when the process had to stop. */
  let isOver = false;
  let hasCaughtUp = false;

  async function commit(step: Commit): Promise<boolean> {
    if (isOver) return false;
    const onRetry = (error: unknown, attempt: number, delayMs: number) =>
      telemetry.commitRetried({ partition, attempt, delayMs, error });
    try {
      const outcome = await retrying(() => assignment.commit(step), classifyOurs, {
        ...options,
        ...{ giveUp, onRetry, longestDelayMs: LOG_LONGEST_DELAY_MS },
      });
      if (outcome.kind === "refused") throw outcome.error;
      isOver = outcome.kind === "given_up";
    } catch (error) {
      isOver = true;
      // Another owner goes on: nothing failed, and nothing more is to be done here.
      if (!isFenced(error)) throw error;
    }
    return !isOver;
  }

  const checkpoints = createCheckpoints({
    ...{ core, commit, committed, now, telemetry },
    next: () => next,
    everyMs: options.checkpointEveryMs,
  });
  const ticker = createTicker({
    nextDue: () => core.nextDue(),
    now,
    append: (tick) => commit({ appends: [tick] }),
    everyMs: options.tickEveryMs,
    onTick: telemetry.ticked,
  });

  /** Judges a record; answers the arrival of an event whose delay counts. */
  function judge({ offset, value }: LogRecord): number | undefined {
    const read = readRecord(value.toString());
    if (read === undefined) {
      telemetry.recordUnreadable({ partition, offset });
      return undefined;
    }
    if (read.type === "tick") ticker.seen();
    if (read.type === "event" && filter.accept(read, offset) === "repeat") {
      telemetry.repeatDropped();
      return undefined;
    }
    core.process(read, { partition, offset });
    telemetry.recordJudged(read.type);
    const isCounted = read.type === "event" && offset >= end && read.backfill !== true;
    return isCounted ? read.arrived_at : undefined;
  }

  /** A record of before: it only rebuilds the memory of the repeat filter. */
  function remember({ offset, value }: LogRecord): undefined {
    const past = readPast(value);
    if (past !== undefined) filter.accept(past, offset);
  }

  function catchUp(): void {
    if (hasCaughtUp) return;
    hasCaughtUp = true;
    core.caughtUp();
  }

  async function publish(): Promise<void> {
    if (next >= end) catchUp();
    const { puts, appends, routed, changed } = core.takeOutputs();
    if (puts.length + appends.length + routed.length > 0 && !(await commit({ puts, appends, routed }))) return;
    if (changed.length > 0) core.release(changed, { partition, catchingUp: next <= end });
  }

  async function handle(records: readonly LogRecord[]): Promise<void> {
    const arrivals: number[] = [];
    options.inHand.set(partition, records[0]?.timestamp ?? now());
    const slice = startSlice(SLICE_MS);
    for (const record of records) {
      if (isOver) return;
      const arrival = record.offset < committed ? remember(record) : judge(record);
      if (arrival !== undefined) arrivals.push(arrival);
      next = record.offset + 1;
      if (slice.over()) await slice.next();
    }
    await publish();
    options.inHand.delete(partition);
    telemetry.reached(partition, next);
    const at = now();
    for (const arrival of arrivals) telemetry.eventJudged(at - arrival);
  }

  /**
   * The next offset, if the partition ends there and somebody wants to know. Not asked in a turn: a broker that does not
   * answer must not keep records from being judged.
   */
  async function lookForEnd(): Promise<number | undefined> {
    if (hasCaughtUp && !ticker.isDue()) return undefined;
    const at = next;
    const isEnd = isAtEnd(assignment);
    isEnd.catch(() => undefined);
    const asked = new AbortController();
    const tooLate = sleep(ASK_WITHIN_MS, AbortSignal.any([closing.signal, asked.signal])).then(() => false);
    try {
      return (await Promise.race([isEnd, tooLate])) ? at : undefined;
    } finally {
      asked.abort();
    }
  }

  async function keepUp(end: number | undefined): Promise<boolean> {
    if (closing.signal.aborted || isOver) return false;
    // Where records were judged since it was asked, it may end elsewhere.
    if (end === next) {
      // Where nothing is to be replayed, or no record has the last offset, no batch says so.
      if (!hasCaughtUp) {
        catchUp();
        await publish();
      }
      await ticker.step();
    }
    const goesOn = await checkpoints.step();
    if (!goesOn) telemetry.horizonHeld(partition, filter.horizon());
    return goesOn;
  }

  async function upkeep(): Promise<void> {
    while (!closing.signal.aborted && !isOver) {
      const end = await lookForEnd();
      const goesOn = await turns.take(() => keepUp(end));
      if (goesOn) await yieldToEventLoop();
      else await sleep(UPKEEP_EVERY_MS, closing.signal);
    }
  }

  const opening = core.opening?.() ?? [];
  if (opening.length > 0) await commit({ appends: opening });
  telemetry.partitionOpened({ partition, committed, startAt, end, stateKeys });
  const upkeepDone = upkeep().catch(options.onFailure);
  return {
    startAt,
    async handle(records) {
      try {
        await turns.take(() => handle(records));
      } catch (error) {
        // The core may have taken in half a record: its state is not to be written.
        isOver = true;
        throw error;
      }
    },
    async close() {
      closing.abort();
      await upkeepDone;
      if (!isOver && !giveUp.aborted) await turns.take(() => checkpoints.finish());
      options.inHand.delete(partition);
      telemetry.partitionClosed(partition);
      await core.close?.();
    },
  };
}

/** An event log that cannot say so now is asked again later. */
async function isAtEnd(assignment: Assignment): Promise<boolean> {
  try {
    return await assignment.isAtEnd();
  } catch (error) {
    if (verdictOf(error) === "retry") return false;
    throw error;
  }
}
