/** From a log record to the row it becomes. Deterministic: the same record is the same text, whenever it is built. */
import { type ControlRow, TABLES, type TableName } from "../../schemas/clickhouse/tables.ts";
import type { FindingsRecord } from "../../schemas/incident.ts";
import type { ControlRecord, DeadLetterRecord } from "../../schemas/journal.ts";
import { TOPICS } from "../../schemas/topics.ts";
import type { LogRecord } from "../log/event-log.ts";
import type { EventHead } from "../watch/read-record.ts";
import { eventRow, instant, type RowText, wellFormed } from "./event-row.ts";
import { findingsRow } from "./finding-rows.ts";

export interface Row {
  readonly table: TableName;
  readonly offset: number;
  readonly text: RowText;
  /** Of events: arrival, Unix milliseconds. */
  readonly arrivedAt: number | undefined;
  readonly backfill: boolean;
}

function rowOf(table: TableName, offset: number, row: object): Row {
  const text = { head: `${wellFormed(JSON.stringify(row))}\n` };
  return { table, offset, text, arrivedAt: undefined, backfill: false };
}

/** Row of an event whose record was read already. */
function rowOfEvent(event: EventHead, record: LogRecord): Row {
  return {
    table: TABLES.events,
    offset: record.offset,
    text: eventRow(event, record.value, record),
    arrivedAt: event.arrived_at,
    backfill: event.backfill === true,
  };
}

/** Row of any other journal record: its type and its text. */
function rowOfControl({ type, at }: ControlRecord, { partition, offset, value }: LogRecord): Row {
  const row: ControlRow = { partition, offset, type, at: instant(at), body: value.toString() };
  return rowOf(TABLES.controls, offset, row);
}

/** Row of a journal record. */
export function rowOfJournal(read: EventHead | ControlRecord, record: LogRecord): Row {
  return read.type === "event" ? rowOfEvent(read, record) : rowOfControl(read, record);
}

/** Row of a record of the dead letters or of the findings; undefined where it is not one of ours. */
export function rowOfOther({ topic, partition, offset, value }: LogRecord): Row | undefined {
  try {
    const text = value.toString();
    if (topic === TOPICS.dead) {
      const letter = JSON.parse(text) as DeadLetterRecord;
      const row = { ...letter, arrived_at: instant(letter.arrived_at), topic, partition, offset };
      return rowOf(TABLES.deadLetters, offset, row);
    }
    const found = findingsRow(JSON.parse(text) as FindingsRecord);
    return found && rowOf(found.table, offset, found.row);
  } catch {
    return undefined;
  }
}
