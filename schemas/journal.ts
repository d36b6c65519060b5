/**
 * Records of the journal, the one ordered input of store and watch. A value is the UTF-8 JSON text of one of
 * these; absent fields are left out. Written only by us, so readers check nothing but `type`.
 */

import type { BaselineSeries } from "./baseline.ts";
import type { CalibrationRecord } from "./calibration.ts";
import type { WatchConfig } from "./config.ts";
import type { PeersRecord } from "./peers.ts";
import type { ScopeRecord } from "./scope.ts";
import type { SelfRecord } from "./self.ts";

export type EventKind = "action" | "decision" | "api_call";

/**
 * `ok`; `late`: over 10 minutes before its arrival; `future`: after its arrival; `ancient`: before 2000.
 * Future and ancient events are judged by arrival.
 */
export type ClockMark = "ok" | "late" | "future" | "ancient";

/** Where an id comes from: the producer's own, a source position (file, topic, idempotency key), or made on arrival. */
export type IdSource = "producer" | "position" | "arrival";

/** One event after intake. Field names are the columns of table `events`. Times are Unix milliseconds. */
export interface EventRecord {
  readonly type: "event";
  readonly schema_version: number;
  /** Identity is (agent, id). */
  readonly id: string;
  readonly id_source: IdSource;
  /** 32 hex digits over the redacted line: the same id with another content is an integrity matter. */
  readonly content: string;
  readonly agent: string;
  readonly kind: EventKind;
  /** The action, the API or the decision. */
  readonly tool: string;
  /** What the agent said. */
  readonly timestamp: number;
  /** The gateway's clock at receipt. */
  readonly arrived_at: number;
  /** What windows and roll-ups use: the earlier of the two; arrival when the clock is `future` or `ancient`. */
  readonly judged_at: number;
  readonly clock: ClockMark;
  /** History that was brought in: stored and learned from, never paged, charged only to its own period. */
  readonly backfill?: true;
  readonly run?: string;
  readonly trigger?: string;
  readonly parent?: string;
  readonly environment?: string;
  readonly model?: string;
  readonly credential?: string;
  readonly target?: string;
  readonly endpoint?: string;
  readonly success?: boolean;
  readonly response_code?: number;
  readonly error?: string;
  readonly input_tokens?: number;
  readonly output_tokens?: number;
  readonly duration_ms?: number;
  readonly bytes_out?: number;
  readonly cpu_percent?: number;
  readonly memory_bytes?: number;
  readonly permission_level?: number;
  readonly approved_by?: string;
  /** US dollars as an exact decimal, at most 12 decimals ("0.001"). Absent: unknown, which is not zero. */
  readonly cost?: string;
  readonly cost_source?: "reported" | "computed";
  /** Amount in another currency, never added up as dollars. */
  readonly cost_original?: string;
  readonly currency?: string;
  /** An API call, or an event with a model or tokens, without a cost in dollars. */
  readonly unpriced?: true;
  /** A failed event: `success` false, an `error`, or a response code of 400 and above. */
  readonly failed?: true;
  /** 16 hex digits: the same call with the same arguments has the same one. Not on decisions. */
  readonly call?: string;
  /** 16 hex digits over success, error, response code and artifacts: an unchanged outcome has the same one. */
  readonly outcome?: string;
  /** Secrets that intake took out of the line, by kind; a mark that the agent wrote itself does not count. */
  readonly redacted?: Readonly<Record<string, number>>;
  /** The line's own text after redaction. Written last, so that a reader who does not need it stops before it. */
  readonly raw: string;
}

/** Time passed while the partition was quiet. Timers carry their due time, so how often it ticks changes nothing. */
export interface TickRecord {
  readonly type: "tick";
  readonly at: number;
}

/** The configuration that decisions depend on, from here on. Appended to every partition when it changed. */
export interface ConfigRecord {
  readonly type: "config";
  readonly at: number;
  /** 16 hex digits over `config`; equal hashes are equal configurations. */
  readonly hash: string;
  readonly config: WatchConfig;
}

/** What was learned of one agent: expectations for the next 48 hours. */
export interface BaselineRecord {
  readonly type: "baseline";
  readonly agent: string;
  readonly at: number;
  /** Start of the first expected hour, on a whole UTC hour. */
  readonly from: number;
  readonly series: readonly BaselineSeries[];
}

/** Somebody has seen an incident and sees to it. */
export interface AcknowledgedRecord {
  readonly type: "human";
  readonly act: "acknowledged";
  readonly at: number;
  /** Who. */
  readonly by: string;
  /** The incident's id, its revision that was looked at, and whose it is; empty where it is not one agent's. */
  readonly incident: string;
  readonly revision: number;
  readonly agent: string;
}

/** Somebody said of an incident that it is as it should be: what it told of is learned, and is no news any more. */
export interface ExpectedRecord {
  readonly type: "human";
  readonly act: "expected";
  readonly at: number;
  /** Who said so. */
  readonly by: string;
  /** The incident's id, its revision that was looked at, and whose and what it is. */
  readonly incident: string;
  readonly revision: number;
  readonly agent: string;
  readonly detector: string;
  readonly subject: string;
  /** When what it told of began and was last seen, Unix milliseconds. */
  readonly from: number;
  readonly to: number;
  readonly observed: number;
  readonly expected: number | null;
}

/** What people say of incidents, in the partition of the incident. */
export type HumanRecord = AcknowledgedRecord | ExpectedRecord;

export type ControlRecord =
  | TickRecord
  | ConfigRecord
  | BaselineRecord
  | CalibrationRecord
  | ScopeRecord
  | SelfRecord
  | PeersRecord
  | HumanRecord;
export type JournalRecord = EventRecord | ControlRecord;

/** Where a record stands; ordered by offset within a partition. */
export interface Position {
  readonly partition: number;
  readonly offset: number;
}

/** A line that intake refused: the record of `agent-events-dead` and the row of `dead_letters`. */
export interface DeadLetterRecord {
  readonly id: string;
  readonly arrived_at: number;
  /** Where it came from: `http`, `http:KEY`, `file:…`, `agent-events/3/1207`. */
  readonly source: string;
  /** 1-based physical line in its batch. */
  readonly line: number;
  /** Stable code, see `RefusalCode`. */
  readonly code: string;
  /** The sentence the caller got. */
  readonly reason: string;
  /** The first 64 KiB after redaction: text, or base64 where the bytes are not UTF-8. */
  readonly bytes: string;
  readonly encoding: "utf8" | "base64";
  /** Bytes of the whole line as received. */
  readonly size: number;
}

/** The moment a record moves the watch's clock to: the arrival of an event, the time of a control record. */
export function clockOf(record: JournalRecord): number {
  return record.type === "event" ? record.arrived_at : record.at;
}
