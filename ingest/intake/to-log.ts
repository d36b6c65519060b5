import type { DeadLetterRecord, EventRecord } from "../../schemas/journal.ts";
import { TOPICS } from "../../schemas/topics.ts";
import type { LogAppend } from "../log/event-log.ts";

/** An accepted event as a record of the journal, in its agent's partition. */
export function toJournal(event: EventRecord): LogAppend {
  return { topic: TOPICS.journal, key: event.agent, value: JSON.stringify(event) };
}

/** A refused line as a record of the dead-letter topic; lines of one source stay in order. */
export function toDeadLetters(letter: DeadLetterRecord): LogAppend {
  return { topic: TOPICS.dead, key: letter.source, value: JSON.stringify(letter) };
}
