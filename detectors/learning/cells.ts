/** Hourly cells of one agent: the input of learning, whether ClickHouse or memory supplies them. */
import type { EventKind } from "../../schemas/journal.ts";

/** How far back learning looks. */
export const HISTORY_DAYS = 35;
/** The short history, which must agree before anything is critical. */
export const RECENT_DAYS = 7;
/** Days until a baseline is judged by. */
export const NEEDED_DAYS = 7;
/** Days until an hour may be called one at which an agent never works. */
export const NEEDED_DAYS_OF_HOURS = 14;

/** Sums of one hour, kind and tool. */
export interface HourCell {
  /** Start of the hour, Unix milliseconds, a whole UTC hour. */
  readonly hour: number;
  readonly kind: EventKind;
  readonly tool: string;
  readonly events: number;
  /** Dollars. */
  readonly cost: number;
  readonly unpriced: number;
}

/** An hour for which a detector had something to say, so that it is not learned as normal. */
export interface FlaggedHour {
  readonly detector: string;
  readonly subject: string;
  readonly hour: number;
}

/** What somebody said is as it should be: hours flagged for it are learned. */
export interface ExpectedSpan {
  readonly detector: string;
  readonly subject: string;
  /** Unix milliseconds. */
  readonly from: number;
  readonly to: number;
}

export interface AgentHistory {
  readonly agent: string;
  readonly cells: readonly HourCell[];
  readonly flagged: readonly FlaggedHour[];
  /** Default: none. */
  readonly expected?: readonly ExpectedSpan[];
}

/** Where histories come from, one agent at a time. */
export interface CellSource {
  histories(from: number, to: number, signal?: AbortSignal): AsyncIterable<AgentHistory>;
}
