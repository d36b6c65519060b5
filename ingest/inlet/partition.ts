/**
 * One partition of the inlet in the hands of this process. What its records become and the position behind them are one
 * commit, so that a record has its effect once, whatever stops in between.
 */
import { isFenced, WatchkeeperError } from "../../schemas/errors.ts";
import type { Assignment, LogRecord, PartitionReader } from "../log/event-log.ts";
import {
  type Classify,
  classifyOurs,
  LOG_LONGEST_DELAY_MS,
  type Outcome,
  type Retrying,
  retrying,
} from "../retrying.ts";
import { startSlice } from "../time-slice.ts";
import { appendsOf, InletBatch, type JudgedRecord } from "./batch.ts";
import type { Judge } from "./judge-record.ts";
import { placeOf } from "./source-of.ts";
import type { InletTelemetry } from "./telemetry.ts";

/** Longest stretch of judging before others get the event loop; all partitions may take one in a row. */
const SLICE_MS = 1;

export interface InletPartitionOptions extends Omit<Retrying, "onRetry"> {
  readonly judge: Judge;
  readonly telemetry: InletTelemetry;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** When the oldest record in hand was appended, by partition; absent while there is none. */
  readonly inHand: Map<number, number>;
}

export function openInletPartition(assignment: Assignment, options: InletPartitionOptions): PartitionReader {
  const { partition, committed, end } = assignment;
  const { judge, telemetry, now, inHand } = options;
  const giveUp = AbortSignal.any([options.giveUp, assignment.ended]);
  /** Nothing more is judged: another owner goes on, or the log was away when the process had to stop. */
  let isOver = false;

  async function commit(judged: readonly JudgedRecord[]): Promise<Outcome> {
    const last = judged.at(-1)?.record.offset ?? committed - 1;
    const step = { offset: last + 1, routed: appendsOf(judged) };
    const onRetry = (error: unknown, attempt: number, delayMs: number) =>
      telemetry.commitRetried({ partition, attempt, delayMs, error });
    try {
      const patience = { giveUp, onRetry, longestDelayMs: LOG_LONGEST_DELAY_MS };
      return await retrying(() => assignment.commit(step), unlessFenced, { ...options, ...patience });
    } catch (error) {
      // Another owner goes on from the last commit: nothing failed, and nothing more is to be done here.
      if (isFenced(error)) return { kind: "given_up" };
      throw error;
    }
  }

  /** Commits the records, or what stands for those that the log does not take. */
  async function journal(judged: readonly JudgedRecord[]): Promise<void> {
    if (judged.length === 0 || isOver) return;
    const outcome = await commit(judged);
    if (outcome.kind === "given_up") isOver = true;
    if (outcome.kind === "done") telemetry.journaled(judged, { now: now(), end });
    if (outcome.kind !== "refused") return;
    const [one] = judged;
    if (judged.length === 1 && one !== undefined) return journal([setAside(one, outcome.error)]);
    const half = judged.length >> 1;
    await journal(judged.slice(0, half));
    await journal(judged.slice(half));
  }

  function setAside({ record, judgement }: JudgedRecord, error: WatchkeeperError): JudgedRecord {
    if (judgement.kind === "event") return { record, judgement: judge.setAside(record, error) };
    throw new WatchkeeperError(`The event log refuses the dead letter of ${placeOf(record)}: ${error.message}`, {
      code: "dead_letter_refused",
      hint: "Let the topic of dead letters take records of 1 MiB.",
      cause: error,
    });
  }

  telemetry.partitionOpened({ partition, committed, end });
  return {
    startAt: committed,
    async handle(records: readonly LogRecord[]) {
      if (isOver) return;
      inHand.set(partition, records[0]?.timestamp ?? now());
      const slice = startSlice(SLICE_MS);
      let batch = new InletBatch();
      try {
        for (const record of records) {
          batch.add({ record, judgement: judge.judge(record) });
          if (batch.isFull) {
            await journal(batch.judged);
            batch = new InletBatch();
          }
          if (isOver) return;
          if (slice.over()) await slice.next();
        }
        await journal(batch.judged);
      } finally {
        inHand.delete(partition);
      }
    },
    async close() {
      if (isOver && options.giveUp.aborted) telemetry.leftForNextStart(partition);
      isOver = true;
    },
  };
}

/** No try helps a former owner. */
const unlessFenced: Classify = (error) => {
  if (isFenced(error)) throw error;
  return classifyOurs(error);
};
