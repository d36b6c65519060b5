/**
 * One stated range into ClickHouse. The range is stated durably, every part of it is inserted under its token, the
 * offset is committed. A refused part is halved until the row is found that cannot be stored; each step is stated
 * before it is taken, so that no crash in between lets a row in twice: halves have other tokens than the whole.
 */
import { TABLES } from "../../schemas/clickhouse/tables.ts";
import { isFenced, type WatchkeeperError } from "../../schemas/errors.ts";
import type { Assignment, Commit } from "../log/event-log.ts";
import {
  type Classify,
  classifyOurs,
  LOG_LONGEST_DELAY_MS,
  type Outcome,
  type Retrying,
  retrying,
} from "../retrying.ts";
import { backfillNote } from "./backfill-notes.ts";
import type { Batch, PendingRow } from "./batch.ts";
import type { Insert } from "./insert.ts";
import type { MakeWhole } from "./make-whole.ts";
import { halvesOf, type Part, type Range, rangePut, tokenOf } from "./range.ts";
import { refusedLetter } from "./refused-letter.ts";
import type { StoreTelemetry } from "./telemetry.ts";

export interface RangeWriterOptions extends Omit<Retrying, "onRetry"> {
  readonly assignment: Assignment;
  readonly insert: Insert;
  readonly makeWhole: MakeWhole;
  readonly classify: Classify;
  readonly telemetry: StoreTelemetry;
  /** Told how each attempt at an insert went: undefined when it was taken. */
  readonly onAttempt: (where: string, failure: WatchkeeperError | undefined) => void;
}

export interface RangeWriter {
  /** Resolves true when all is stored and committed, false when `giveUp` or another owner came first, who goes on. */
  write(batch: Batch, range: Range, stated: boolean): Promise<boolean>;
}

const DONE: Outcome = { kind: "done" };

export function createRangeWriter(options: RangeWriterOptions): RangeWriter {
  const { assignment, insert, makeWhole, classify, telemetry, giveUp } = options;
  const { topic, partition } = assignment;

  async function commit(step: Commit): Promise<boolean> {
    const onRetry = (error: unknown, attempt: number, delayMs: number) =>
      telemetry.commitRetried({ topic, partition, attempt, delayMs, error });
    try {
      const without = { ...options, onRetry, mend: undefined, longestDelayMs: LOG_LONGEST_DELAY_MS };
      const outcome = await retrying(() => assignment.commit(step), classifyOurs, without);
      if (outcome.kind === "refused") throw outcome.error;
      return outcome.kind === "done";
    } catch (error) {
      // Another owner goes on: nothing failed, and nothing more is to be done here.
      if (isFenced(error)) return false;
      throw error;
    }
  }

  /** `isDoubtful`: it may have been sent before, and cut short. */
  async function insertPart(part: Part, rows: readonly PendingRow[], isDoubtful: boolean): Promise<Outcome> {
    const { table, from, to } = part;
    const isReplacing = table !== TABLES.events;
    const texts = rows.map((row) => row.text);
    const token = tokenOf(topic, partition, part);
    const again = (time: number) => insert(table, `${token}/again-${time}`, texts, giveUp);
    const where = `${topic}/${partition}`;
    let doubtful = isDoubtful;
    const onRetry = (error: unknown, attempt: number, delayMs: number) => {
      doubtful = true;
      options.onAttempt(where, classify(error));
      telemetry.insertRetried({ topic, partition, table, attempt, delayMs, error });
    };
    const work = async () => {
      const taken = telemetry.insertStarted(table);
      // A row of a replacing table takes the place of its like; only events need to be recognised.
      await insert(table, doubtful && isReplacing ? undefined : token, texts, giveUp);
      if (doubtful && !isReplacing) await makeWhole({ topic, partition, from, to }, rows.length, again, giveUp);
      taken(rows.length);
      options.onAttempt(where, undefined);
    };
    return retrying(work, classify, { ...options, onRetry });
  }

  /** What is left to do after a refusal: smaller parts, or all but the one row, which is set aside. */
  function afterRefusal(part: Part, rows: readonly PendingRow[], rest: readonly Part[], error: WatchkeeperError) {
    const [row] = rows;
    if (row === undefined || rows.length > 1) {
      const offsets = rows.map(({ offset }) => offset);
      return { parts: [...halvesOf(part, offsets), ...rest], appends: [] };
    }
    telemetry.rowRefused({ topic, partition, offset: row.offset, table: row.table, error });
    return { parts: rest, appends: [refusedLetter(row.record, "store_refused", error.message)] };
  }

  async function insertParts(batch: Batch, range: Range, isDoubtful: boolean): Promise<boolean> {
    let parts = range.parts;
    for (let part = parts[0]; part !== undefined; part = parts[0]) {
      const { table, from, to } = part;
      const rest = parts.slice(1);
      const isAll = !isDoubtful && range.parts.length === 1 && from <= batch.from && to >= batch.to;
      const isOf = (row: PendingRow) => row.table === table && row.offset >= from && row.offset <= to;
      const rows = isAll ? batch.rows : batch.rows.filter(isOf);
      const outcome = rows.length === 0 ? DONE : await insertPart(part, rows, isDoubtful);
      if (outcome.kind === "given_up") return false;
      if (outcome.kind === "done") {
        parts = rest;
        continue;
      }
      const next = afterRefusal(part, rows, rest, outcome.error);
      parts = next.parts;
      if (!(await commit({ puts: [rangePut(topic, { ...range, parts })], appends: next.appends }))) return false;
    }
    return true;
  }

  return {
    async write(batch, range, stated) {
      if (!stated && range.parts.length > 0 && !(await commit({ puts: [rangePut(topic, range)] }))) return false;
      if (!(await insertParts(batch, range, stated))) return false;
      const puts = batch.backfillRows > 0 ? [backfillNote(range.to)] : [];
      return commit({ offset: range.to + 1, appends: batch.letters, puts });
    },
  };
}
