/** What a person is told: findings of one scope about one subject, with a life. */
import type { Finding, Severity } from "./finding.ts";
import type { JudgementRecord } from "./judgement.ts";
import type { Scope } from "./scope.ts";

export type IncidentState = "open" | "acknowledged" | "resolved";

/** One incident as it stands. The value of key `incident:ID` in `agent-incidents`, and a row of table `incidents`. */
export interface Incident {
  /** Detector, scope, agent, subject and episode, hashed to 16 hex digits; a replay makes the same. */
  readonly id: string;
  readonly scope: Scope;
  /** Empty where the scope is not one agent. */
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
  readonly openedAt: number;
  readonly updatedAt: number;
  readonly resolvedAt: number | null;
  readonly acknowledgedBy: string | null;
  /** Grows with every change; a replay repeats the numbers. */
  readonly revision: number;
  /** Journal offset of the newest record this incident has taken in; older ones are ignored. */
  readonly offset: number;
  readonly partition: number;
  /** The newest finding, which a message is rendered from. */
  readonly finding: Finding;
  readonly findings: number;
  /** The greater incident that hides this one; null when it is told itself. */
  readonly hiddenBy: string | null;
  /** Lines of lesser incidents that this one hides. */
  readonly hides: readonly string[];
  /** What must be posted anew, not only edited in: the first telling, a rise in severity, a 100 %, a reopening. */
  readonly posts: readonly IncidentPost[];
  /** When it ends if nothing more comes (Unix ms). */
  readonly quietAt: number | null;
  readonly endReason: string;
}

/** A moment of an incident's life that speaks by itself. */
export interface IncidentPost {
  /** `opened`, `raised`, `limit`, `reopened`; unique within an incident together with `revision`. */
  readonly step: "opened" | "raised" | "limit" | "reopened";
  readonly revision: number;
  readonly at: number;
}

/** Every decision to send or not to send has a named reason. */
export interface NotificationRecord {
  readonly type: "notification";
  /** Deterministic per (incident, sink, action, revision). */
  readonly id: string;
  readonly at: number;
  readonly incident: string;
  readonly agent: string;
  readonly detector: string;
  readonly severity: Severity;
  readonly sink: string;
  readonly channel: string;
  readonly action: "post" | "reply" | "update" | "none";
  /** Why: `first`, `raised`, `limit`, `reopened`, `changed`, `resolved`, `grouped`, `late`, `hidden`, `found_in_history`, `refused`, … */
  readonly reason: string;
  readonly ok: boolean;
  readonly error: string;
  /** From the deciding event's arrival to the sink's request (ms); null for edits that no event caused. */
  readonly delay_ms: number | null;
}

/** Records of topic `agent-findings`. */
export type FindingsRecord =
  | { readonly type: "finding"; readonly finding: Finding; readonly incident: string | null }
  | { readonly type: "incident"; readonly incident: Incident }
  | JudgementRecord
  | NotificationRecord;
