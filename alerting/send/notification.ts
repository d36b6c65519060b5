/** The record of one decision to send or not to send. */
import { createHash } from "node:crypto";
import type { Incident, NotificationRecord } from "../../schemas/incident.ts";

export interface NotificationFacts {
  readonly incident: Incident;
  readonly at: number;
  readonly sink: string;
  readonly channel: string;
  readonly action: NotificationRecord["action"];
  readonly reason: string;
  /** Empty: it worked. */
  readonly error: string;
  readonly arrivedAt: number | null;
  /** Tells reminders apart. */
  readonly count?: number;
}

/** Named by what was decided, so that a replay or a repeat brings the same id. */
export function notificationOf(facts: NotificationFacts): NotificationRecord {
  const { incident, at, sink, channel, action, reason, error, arrivedAt } = facts;
  const identity = [incident.id, sink, action, incident.revision, facts.count ?? 0, error === "" ? "ok" : reason];
  return {
    type: "notification",
    id: createHash("sha256").update(JSON.stringify(identity)).digest("hex").slice(0, 16),
    at,
    incident: incident.id,
    agent: incident.agent,
    detector: incident.detector,
    severity: incident.severity,
    sink,
    channel,
    action,
    reason,
    ok: error === "",
    error,
    delay_ms: arrivedAt === null ? null : Math.max(0, at - arrivedAt),
  };
}
