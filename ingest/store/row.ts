/** From a log record to the row it becomes. Deterministic: the same record is the same text, whenever it is built. */
import { type LogPosition, TABLES, type TableName } from "../../schemas/clickhouse/tables.ts";
import type { FindingsRecord } from "../../schemas/incident.ts";
import type { ControlRecord, DeadLetterRecord, EventRecord, JournalRecord } from "../../schemas/journal.ts";
import { TOPICS } from "../../schemas/topics.ts";
import type { LogRecord } from "../log/event-log.ts";
import { eventRow, instant, wellFormed } from "./event-row.ts";
import { findingsRow } from "./finding-rows.ts";

export interface Row {
  readonly table: TableName;
  readonly offset: number;
  /** JSON and a line end. */
  readonly text: string;
  /** Of events: arrival, Unix milliseconds. */
  readonly arrivedAt: number | undefined;
  readonly backfill: boolean;
}

function rowOf(table: TableName, offset: number, text: string): Row {
  return { table, offset, text, arrivedAt: undefined, backfill: false };
}

/** Row of an event whose record was read already. `text` is the record's own. */
function rowOfEvent(event: EventRecord, text: string, position: LogPosition): Row {
  return {
    table: TABLES.events,
    offset: position.offset,
    text: eventRow(event, text, position),
    arrivedAt: event.arrived_at,
    backfill: event.backfill === true,
  };
}

/** Row of any other journal record: its type and its text. */
function rowOfControl(record: ControlRecord, text: string, { partition, offset }: LogPosition): Row {
  const row = { partition, offset, type: record.type, at: instant(record.at), body: text };
  return rowOf(TABLES.controls, offset, `${wellFormed(JSON.stringify(row))}\n`);
}

/** Row of a journal record. */
export function rowOfJournal(record: JournalRecord, text: string, position: LogPosition): Row {
  return record.type === "event" ? rowOfEvent(record, text, position) : rowOfControl(record, text, position);
}

/** Row of a record of the dead letters or of the findings; undefined where it is not one of ours. */
export function rowOfOther(record: LogRecord, text: string): Row | undefined {
  const { topic, partition, offset } = record;
  try {
    if (topic === TOPICS.dead) {
      const letter = JSON.parse(text) as DeadLetterRecord;
      const row = { ...letter, arrived_at: instant(letter.arrived_at), topic, partition, offset };
      return rowOf(TABLES.deadLetters, offset, `${wellFormed(JSON.stringify(row))}\n`);
    }
    const found = findingsRow(JSON.parse(text) as FindingsRecord);
    return found && rowOf(found.table, offset, `${wellFormed(JSON.stringify(found.row))}\n`);
  } catch {
    return undefined;
  }
}
