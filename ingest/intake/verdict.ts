/** What intake says about a line, and what it must be told about where the line came from. */
import type { DeadLetterRecord, EventRecord } from "../../schemas/journal.ts";

/**
 * Why a line was refused. Stable: callers, dead letters and metrics carry these words. The last two are no judgement of
 * the line: this program failed on it, or the log does not take what became of it.
 */
export type RefusalCode =
  | "not_json"
  | "not_an_object"
  | "invalid_utf8"
  | "nul_byte"
  | "too_long"
  | "too_deep"
  | "duplicate_key"
  | "number_out_of_range"
  | "missing_agent"
  | "invalid_agent"
  | "missing_timestamp"
  | "invalid_timestamp"
  | "no_kind"
  | "ambiguous_kind"
  | "kind_mismatch"
  | "wrong_type"
  | "intake_failed"
  | "log_refused";

/** Every refusal code, for metrics and documentation. */
export const REFUSAL_CODES: readonly RefusalCode[] = [
  "not_json",
  "not_an_object",
  "invalid_utf8",
  "nul_byte",
  "too_long",
  "too_deep",
  "duplicate_key",
  "number_out_of_range",
  "missing_agent",
  "invalid_agent",
  "missing_timestamp",
  "invalid_timestamp",
  "no_kind",
  "ambiguous_kind",
  "kind_mismatch",
  "wrong_type",
  "intake_failed",
  "log_refused",
];

/** Secrets that were taken out, by kind ("openai_key": 2). Empty for a clean line. */
type RedactionCounts = Readonly<Record<string, number>>;

/** The outcome of one line. `redacted` is what telemetry counts. */
export type LineVerdict =
  | { readonly kind: "event"; readonly event: EventRecord; readonly redacted: RedactionCounts }
  | { readonly kind: "refused"; readonly letter: DeadLetterRecord; readonly redacted: RedactionCounts }
  | { readonly kind: "blank" };

/** Where a batch of lines came from, and the identity of a line that brings none. */
export interface LineSource {
  /** As in `dead_letters.source`: `http`, `http:KEY`, `file:…`, `agent-events/3/1207`. */
  readonly name: string;
  /** The receiver's clock, Unix milliseconds. */
  readonly arrivedAt: number;
  /** History that is brought in: stored and learned from, never paged. */
  readonly backfill: boolean;
  /** Called once at most per line, and only for lines without an id of their own and for refused ones. */
  identify(line: number): { readonly id: string; readonly source: "position" | "arrival" };
}

/** One line of a batch: 1-based physical line, or position + 1 in an array. */
export interface BatchLine {
  readonly line: number;
  readonly bytes: Buffer;
}
