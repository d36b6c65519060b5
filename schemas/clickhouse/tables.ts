/**
 * Tables of the store: their names and the rows that are inserted (JSONEachRow, a field is a column).
 *
 * Instants go in as JSON integers, Unix milliseconds: a DateTime64(3) column takes them as they are, whatever the
 * server's `date_time_input_format`. They come out as "2026-01-27 14:32:15.000", UTC. A fraction is a parse error.
 *
 * Every row of one insert is accepted or none, so the builder of rows keeps each value within what its column holds:
 * instants within `INSTANT_RANGE`, whole numbers within `0..MAX_COUNT`, `cost` within 26 digits before the point and
 * 12 after it. What the agent said is in `raw`, whatever the columns hold. Absent fields are left out: text columns
 * are then empty, the others null.
 */
import type { Severity } from "../finding.ts";
import type { IncidentState, NotificationRecord } from "../incident.ts";
import type { EventRecord } from "../journal.ts";
import type { JudgementStatus } from "../judgement.ts";

/** Names within the database; all of them are created by the migrations. */
export const TABLES = {
  events: "events",
  eventsHourly: "events_hourly",
  deadLetters: "dead_letters",
  baselines: "baselines",
  findings: "findings",
  incidents: "incidents",
  notifications: "notifications",
  controls: "controls",
  judgements: "judgements",
} as const;

export type TableName = (typeof TABLES)[keyof typeof TABLES];

/**
 * Instants (Unix ms) that every date function of ClickHouse takes: 1970 to the end of 2105. DateTime64 itself holds
 * 1900 to 2299, but `toDateTime`, `toStartOfHour` and intervals of a TTL wrap outside of 32 bits of seconds.
 */
export const INSTANT_RANGE = { min: 0, max: 4_291_747_199_999 } as const;

/**
 * The largest whole number in a column of tokens or bytes. Far above anything real, and small enough that a
 * roll-up cell needs 18 million such events before its 64-bit sum wraps.
 */
export const MAX_COUNT = 1_000_000_000_000;

/** Where a row was read in the log: one (topic, partition, offset) is one row, so a doubtful range can be looked up. */
export interface LogPosition {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/**
 * A row of `events`: the journal's record under its own field names, and its position. `judged_at` is never after
 * `arrived_at`, by which the table is partitioned: with `judged_at >= T` also ask for `arrived_at >= T`.
 */
export type EventRow = Omit<EventRecord, "type"> & LogPosition;

/** A row of `findings`; a row with the same (agent, at, id) replaces it. */
export interface FindingRow {
  readonly id: string;
  /** The incident it belongs to; empty when it has none. */
  readonly incident: string;
  readonly detector: string;
  readonly scope_kind: string;
  readonly scope_name: string;
  readonly agent: string;
  readonly subject: string;
  readonly episode: string;
  readonly severity: Severity;
  readonly step: number;
  readonly at: number;
  /** Position of the deciding record in the journal. */
  readonly partition: number;
  readonly offset: number;
  readonly window_from: number;
  readonly window_to: number;
  readonly unit: string;
  readonly observed: number;
  readonly expected: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly score: number | null;
  readonly reason: string;
  readonly title: string;
  readonly facts: readonly string[];
  readonly why: string;
  /** JSON text of `Finding.contributors`. */
  readonly contributors: string;
  /** JSON text of `Finding.events`. */
  readonly events: string;
  readonly quiet_after_ms: number;
  readonly ends_at: number | null;
  readonly end_reason: string;
}

/** A row of `incidents`; of rows with the same `id` the one with the greatest `revision` stays. Read it with FINAL. */
export interface IncidentRow {
  readonly id: string;
  readonly scope_kind: string;
  readonly scope_name: string;
  readonly agent: string;
  readonly detector: string;
  readonly subject: string;
  readonly episode: string;
  readonly state: IncidentState;
  readonly severity: Severity;
  readonly step: number;
  readonly title: string;
  readonly unit: string;
  readonly observed: number;
  readonly expected: number | null;
  readonly opened_at: number;
  readonly updated_at: number;
  readonly resolved_at: number | null;
  readonly acknowledged_by: string | null;
  readonly revision: number;
  readonly partition: number;
  readonly offset: number;
  /** JSON text of the newest finding. */
  readonly finding: string;
  readonly findings: number;
  readonly hidden_by: string | null;
  readonly hides: readonly string[];
  /** JSON text of `Incident.posts`. */
  readonly posts: string;
  readonly quiet_at: number | null;
  readonly end_reason: string;
}

/** A row of `notifications`; a row with the same (incident, id) replaces it. */
export type NotificationRow = Omit<NotificationRecord, "type">;

/** A row of `judgements`; of rows of the same window, partition and rule the greatest `version` stays. Read it with FINAL. */
export interface JudgementRow {
  readonly partition: number;
  readonly rule: string;
  readonly window_from: number;
  readonly window_to: number;
  readonly status: JudgementStatus;
  readonly events: number;
  readonly findings: number;
  readonly failures: number;
  readonly at: number;
  readonly judged_at: number;
  /** The smaller, the later it was judged. */
  readonly version: number;
}

/** A row of `controls`: a journal record that is not an event; a row with the same position replaces it. */
export interface ControlRow {
  readonly partition: number;
  readonly offset: number;
  readonly type: string;
  readonly at: number;
  /** The record's JSON text. */
  readonly body: string;
}
