/** A journal record from its bytes. */
import type { EventRecord, JournalRecord } from "../../schemas/journal.ts";

/** The record, or undefined where the bytes are none. Only we write the journal, so nothing but `type` is checked. */
export function readRecord(text: string): JournalRecord | undefined {
  try {
    const record = JSON.parse(text) as JournalRecord | null;
    return typeof record === "object" && typeof record?.type === "string" ? record : undefined;
  } catch {
    return undefined;
  }
}

/** A record that was handled before, for the memory of a repeat filter; undefined where that remembers nothing. */
export function readPast(value: Buffer): EventRecord | undefined {
  const record = readRecord(value.toString());
  return record?.type === "event" && record.id_source !== "arrival" ? record : undefined;
}
