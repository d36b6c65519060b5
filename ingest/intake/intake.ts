/** Intake: the one place where outside bytes become events. Pure: no I/O, no clock, no randomness of its own. */
import type { Price } from "../../schemas/config.ts";
import type { LineSource, LineVerdict } from "./verdict.ts";

export interface IntakeOptions {
  /** `limits.lineBytes`: a longer line is refused. */
  readonly lineBytes: number;
  /** `prices`: for events that carry tokens but no cost. */
  readonly prices: readonly Price[];
}

export interface Intake {
  /** Judges one line. Never throws, whatever the bytes. */
  line(bytes: Buffer, line: number, source: LineSource): LineVerdict;
}
