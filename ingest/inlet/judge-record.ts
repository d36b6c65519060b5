/** From an inlet record to what becomes of it: an event, a dead letter, or nothing. Never throws. */
import type { WatchkeeperError } from "../../schemas/errors.ts";
import type { DeadLetterRecord } from "../../schemas/journal.ts";
import type { Intake } from "../intake/intake.ts";
import { type Refusal, refuse } from "../intake/refusal.ts";
import { toDeadLetters, toJournal } from "../intake/to-log.ts";
import type { LineVerdict } from "../intake/verdict.ts";
import type { LogAppend, LogRecord } from "../log/event-log.ts";
import { lineOf } from "./line-of.ts";
import { placeOf, sourceOf } from "./source-of.ts";

/** Secrets that were taken out, by kind. */
type Redactions = Readonly<Record<string, number>>;

/** What becomes of a record. `skipped`: without a value, or blank. */
export type Judgement =
  | { readonly kind: "event"; readonly append: LogAppend; readonly redacted: Redactions }
  | { readonly kind: "refused"; readonly append: LogAppend; readonly redacted: Redactions; readonly code: string }
  | { readonly kind: "skipped"; readonly why: "null" | "blank" };

export interface Judge {
  judge(record: LogRecord): Judgement;
  /** The dead letter of a record that the log does not take. */
  setAside(record: LogRecord, error: WatchkeeperError): Judgement;
}

export interface JudgeOptions {
  readonly intake: Intake;
  /** A fault of this program: the line is kept as a dead letter, and somebody has to look. */
  readonly onFault: (place: string, error: unknown) => void;
}

/** A record is one line. */
const LINE = 1;

export function createJudge({ intake, onFault }: JudgeOptions): Judge {
  function setAside(record: LogRecord, refusal: Refusal): Judgement {
    const line = lineOf(record.value);
    try {
      return judgementOf(intake.refuse(line, LINE, sourceOf(record, intake), refusal));
    } catch (error) {
      onFault(placeOf(record), error);
      return refusedAs(bareLetter(record, line.length, refusal), {});
    }
  }

  return {
    judge(record) {
      if (record.isNull === true) return { kind: "skipped", why: "null" };
      try {
        return judgementOf(intake.line(lineOf(record.value), LINE, sourceOf(record, intake)));
      } catch (error) {
        onFault(placeOf(record), error);
        return setAside(record, refuse("intake_failed", "this program failed on the line; replay it after an update"));
      }
    },
    setAside: (record, error) => setAside(record, refuse("log_refused", `the log does not take it: ${error.message}`)),
  };
}

function judgementOf(verdict: LineVerdict): Judgement {
  if (verdict.kind === "blank") return { kind: "skipped", why: "blank" };
  if (verdict.kind === "refused") return refusedAs(verdict.letter, verdict.redacted);
  return { kind: "event", append: toJournal(verdict.event), redacted: verdict.redacted };
}

function refusedAs(letter: DeadLetterRecord, redacted: Redactions): Judgement {
  return { kind: "refused", append: toDeadLetters(letter), redacted, code: letter.code };
}

/** Says where the line is, without its bytes: nothing could search them for secrets. */
function bareLetter(record: LogRecord, size: number, { code, reason }: Refusal): DeadLetterRecord {
  const place = placeOf(record);
  const where = { id: place, arrived_at: record.timestamp, source: place, line: LINE };
  return { ...where, code, reason: `${reason}; its bytes are left where they are`, bytes: "", encoding: "utf8", size };
}
