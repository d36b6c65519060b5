/** The dead letter of a record that intake took but the store's tables cannot hold, or that nobody can read. */
import { type ErrorDetails, WatchkeeperError } from "../../schemas/errors.ts";
import type { DeadLetterRecord } from "../../schemas/journal.ts";
import { TOPICS } from "../../schemas/topics.ts";
import type { LogAppend, LogRecord } from "../log/event-log.ts";

const KEPT_BYTES = 64 * 1024;
const KEPT_REASON = 2_000;

/** `store_refused`: ClickHouse takes no row of it; `unreadable_record`: it is not one of our records. */
export type StoreRefusal = "store_refused" | "unreadable_record";

/** Where a refused record stands, and its bytes. */
export type RefusedRecord = Pick<LogRecord, "topic" | "partition" | "offset" | "timestamp" | "key" | "value">;

/** Made from the record alone, so that a replay makes the same. Fatal for what is a dead letter already. */
export function refusedLetter(record: RefusedRecord, code: StoreRefusal, reason: string): LogAppend {
  const { topic, partition, offset, timestamp, key, value } = record;
  const source = `${topic}/${partition}/${offset}`;
  if (topic === TOPICS.dead) {
    const details: ErrorDetails = { code: "dead_letter_refused", hint: "Compare the tables with this version." };
    throw new WatchkeeperError(`The store refuses the dead letter ${source}: ${reason}`, details);
  }
  const letter: DeadLetterRecord = {
    id: `store:${source}`,
    arrived_at: timestamp,
    source,
    line: 1,
    code,
    reason: reason.slice(0, KEPT_REASON),
    // Base64, because this very text may be what was refused.
    bytes: value.subarray(0, KEPT_BYTES).toString("base64"),
    encoding: "base64",
    size: value.length,
  };
  return { topic: TOPICS.dead, key, value: JSON.stringify(letter) };
}
