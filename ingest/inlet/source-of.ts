/** Where an inlet record came from, and what its headers may say. All of it is a stranger's word. */
import { hash } from "node:crypto";
import { cut, NAME_CHARACTERS } from "../intake/columns.ts";
import type { Intake } from "../intake/intake.ts";
import type { LineSource } from "../intake/verdict.ts";
import { HEADERS } from "../kafka/headers.ts";
import type { LogRecord } from "../log/event-log.ts";

/** Characters of a header that are looked at; secrets that begin in what is kept are seen whole. */
const READ_CHARACTERS = 1_024;
/** Characters that are kept of an id that does not fit, before its hash. */
const KEPT_CHARACTERS = 200;
const UNFIT_FOR_A_NAME = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Such as `agent-events/3/1207`: the source of dead letters, and who the line is if nobody else says so. */
export function placeOf({ topic, partition, offset }: Pick<LogRecord, "topic" | "partition" | "offset">): string {
  return `${topic}/${partition}/${offset}`;
}

/** What intake must know of a record. Its arrival is the broker's time. */
export function sourceOf(record: LogRecord, intake: Pick<Intake, "name">): LineSource {
  const { headers, timestamp } = record;
  const name = placeOf(record);
  return {
    name,
    arrivedAt: timestamp,
    backfill: headers?.[HEADERS.backfill] === "1",
    identify: () => ({ id: nameOf(headers?.[HEADERS.id] ?? "", intake) || name, source: "position" }),
  };
}

/**
 * An id as it may be stored: of at most 256 characters, without secrets, control or invisible characters. Whatever had
 * to be changed is told from others by a hash, because two ids that become one would make one event of two.
 */
function nameOf(given: string, intake: Pick<Intake, "name">): string {
  const read = given.slice(0, READ_CHARACTERS);
  const named = intake.name(read);
  const shown = named.replace(UNFIT_FOR_A_NAME, "\ufffd");
  if (shown === given && given.length <= NAME_CHARACTERS) return given;
  // Intake's own hash where a secret was taken out: it is too short to guess the secret by.
  const tail = named === read ? hash("sha256", given).slice(0, 16) : named.slice(-8);
  return `${cut(shown, KEPT_CHARACTERS)}~${tail}`;
}
