/** From the lines of a body to what is appended and what is answered, in slices. */

import type { Intake } from "../intake/intake.ts";
import { toDeadLetters, toJournal } from "../intake/to-log.ts";
import type { BatchLine, LineSource } from "../intake/verdict.ts";
import type { LogAppend } from "../log/event-log.ts";
import { MAX_LINES } from "./defaults.ts";
import { refusal } from "./http-error.ts";
import type { Held } from "./in-flight.ts";
import type { TakeTurn, Turn } from "./slices.ts";

export interface Batch {
  /** Events and dead letters, in the order of their lines. */
  readonly records: readonly LogAppend[];
  readonly accepted: number;
  /** JSON texts of `{line, code, error}`, so that even half a million of them are written in slices. */
  readonly rejected: readonly string[];
  readonly rejectedByCode: ReadonlyMap<string, number>;
  /** Secrets taken out, by kind. */
  readonly redactions: ReadonlyMap<string, number>;
}

export interface BatchParts {
  readonly intake: Intake;
  readonly takeTurn: TakeTurn;
}

/** Errors: `too_many_lines`, `busy`. Nothing has been appended then. */
export async function readBatch(
  lines: Iterable<BatchLine>,
  source: LineSource,
  held: Held,
  small: boolean,
  { intake, takeTurn }: BatchParts,
): Promise<Batch> {
  const records: LogAppend[] = [];
  const rejected: string[] = [];
  const rejectedByCode = new Map<string, number>();
  const redactions = new Map<string, number>();
  let turn: Turn | undefined = small ? undefined : await takeTurn();
  try {
    for (const { line, bytes } of lines) {
      if (turn?.over()) {
        turn.end();
        turn = undefined;
        turn = await takeTurn();
      }
      const verdict = intake.line(bytes, line, source);
      if (verdict.kind === "blank") continue;
      if (records.length === MAX_LINES) throw refusal("too_many_lines", `A post takes ${MAX_LINES} lines at most.`);
      const record = verdict.kind === "event" ? toJournal(verdict.event) : toDeadLetters(verdict.letter);
      held.add(record.value.length);
      records.push(record);
      for (const [kind, times] of Object.entries(verdict.redacted)) add(redactions, kind, times);
      if (verdict.kind === "event") continue;
      const { code, reason } = verdict.letter;
      rejected.push(JSON.stringify({ line, code, error: reason }));
      add(rejectedByCode, code, 1);
    }
  } finally {
    turn?.end();
  }
  return { records, accepted: records.length - rejected.length, rejected, rejectedByCode, redactions };
}

function add(counts: Map<string, number>, name: string, times: number): void {
  counts.set(name, (counts.get(name) ?? 0) + times);
}
