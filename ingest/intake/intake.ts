/** Intake: the one place where outside bytes become events. Pure: no I/O, no clock, no randomness of its own. */
import type { Price } from "../../schemas/config.ts";
import { compileEventParsers } from "../../schemas/events/index.ts";
import { buildEvent } from "./build-event.ts";
import { judgeFields } from "./judge-fields.ts";
import { createPricing } from "./prices.ts";
import { readLine, redactedIdentity } from "./read-line.ts";
import { createRedactor, type Tally } from "./redaction/redactor.ts";
import { deadLetter, type Refusal } from "./refusal.ts";
import type { LineSource, LineVerdict } from "./verdict.ts";

export interface IntakeOptions {
  /** `limits.lineBytes`: a longer line is refused. */
  readonly lineBytes: number;
  /** `prices`: for events that carry tokens but no cost. */
  readonly prices: readonly Price[];
}

export interface Intake {
  /** Judges one line. Never throws, whatever the bytes, unless `source` does. */
  line(bytes: Buffer, line: number, source: LineSource): LineVerdict;
  /** Refuses a line for a reason that is not in the line itself. */
  refuse(bytes: Buffer, line: number, source: LineSource, refusal: Refusal): LineVerdict;
  /** A name that a caller gave, as it may be stored: without secrets, and still another than other names. */
  name(given: string): string;
}

/** Compiles schemas and patterns once; keep it for the life of the process. */
export function createIntake(options: IntakeOptions): Intake {
  const parsers = compileEventParsers();
  const pricing = createPricing(options.prices);
  const redactor = createRedactor();
  function refuse(bytes: Buffer, line: number, source: LineSource, refusal: Refusal): LineVerdict {
    // Counted anew: the whole line is searched again, from its bytes.
    const redacted: Tally = {};
    return { kind: "refused", letter: deadLetter(bytes, line, source, refusal, redactor, redacted), redacted };
  }

  return {
    refuse,
    name: (given) => redactedIdentity(given, redactor),
    line(bytes, line, source) {
      const redacted: Tally = {};
      const refused = (refusal: Refusal) => refuse(bytes, line, source, refusal);
      const read = readLine(bytes, options.lineBytes, redactor, redacted);
      if (read === undefined) return { kind: "blank" };
      if ("code" in read) return refused(read);
      const judged = judgeFields(read.value, parsers);
      if ("code" in judged) return refused(judged);
      const event = buildEvent(read, judged, line, source, pricing);
      return "code" in event ? refused(event) : { kind: "event", event, redacted };
    },
  };
}
