/** A journal record from its bytes. */
import type { ControlRecord, EventRecord, JournalRecord } from "../../schemas/journal.ts";

/** The record, or undefined where the bytes are none. Only we write the journal, so nothing but `type` is checked. */
export function readRecord(text: string): JournalRecord | undefined {
  try {
    const record = JSON.parse(text) as JournalRecord | null;
    return typeof record === "object" && typeof record?.type === "string" ? record : undefined;
  } catch {
    return undefined;
  }
}

/** An event without its line, which is half of it and which few readers need. */
export type EventHead = Omit<EventRecord, "raw">;

/** `raw` is written last, and within a string every quote is escaped: the first such bytes are the field. */
const RAW = Buffer.from(',"raw":"');

/** The record from its bytes, an event without its line; undefined where the bytes are none. */
export function readHead(value: Buffer): EventHead | ControlRecord | undefined {
  const end = value.indexOf(RAW);
  return readRecord(end < 0 ? value.toString() : `${value.toString("utf8", 0, end)}}`);
}

/** A record that was handled before, for the memory of a repeat filter; undefined where that remembers nothing. */
export function readPast(value: Buffer): EventHead | undefined {
  const record = readHead(value);
  return record?.type === "event" && record.id_source !== "arrival" ? record : undefined;
}
