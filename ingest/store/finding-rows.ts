/** Rows of `findings`, `incidents`, `notifications` and `judgements` from the records of topic `agent-findings`. */
import {
  type FindingRow,
  type IncidentRow,
  type JudgementRow,
  type NotificationRow,
  TABLES,
  type TableName,
} from "../../schemas/clickhouse/tables.ts";
import type { Finding } from "../../schemas/finding.ts";
import type { FindingsRecord, Incident, NotificationRecord } from "../../schemas/incident.ts";
import type { JudgementRecord } from "../../schemas/judgement.ts";
import { instant } from "./event-row.ts";

const instantOrNull = (ms: number | null) => (ms === null ? null : instant(ms));

function findingRow(finding: Finding, incident: string | null): FindingRow {
  const { id, detector, scope, agent, subject, severity, step, unit, observed, expected, low, high, score } = finding;
  return {
    ...{ id, incident: incident ?? "", detector, scope_kind: scope.kind, scope_name: scope.name, agent, subject },
    ...{ severity, step, unit, observed, expected, low, high, score },
    episode: finding.episode ?? "",
    at: instant(finding.at),
    partition: finding.position.partition,
    offset: finding.position.offset,
    window_from: instant(finding.window.from),
    window_to: instant(finding.window.to),
    reason: finding.reason,
    title: finding.title,
    facts: finding.facts,
    why: finding.why,
    contributors: JSON.stringify(finding.contributors),
    events: JSON.stringify(finding.events),
    quiet_after_ms: finding.quietAfterMs,
    ends_at: instantOrNull(finding.endsAt),
    end_reason: finding.endReason,
  };
}

function incidentRow(incident: Incident): IncidentRow {
  const { id, scope, agent, detector, subject, episode, state, severity, step, title, unit } = incident;
  const { observed, expected, revision, partition, offset, findings, hides } = incident;
  return {
    ...{ id, scope_kind: scope.kind, scope_name: scope.name, agent, detector, subject, episode, state, severity, step },
    ...{ title, unit, observed, expected, revision, partition, offset, findings, hides },
    opened_at: instant(incident.openedAt),
    updated_at: instant(incident.updatedAt),
    resolved_at: instantOrNull(incident.resolvedAt),
    acknowledged_by: incident.acknowledgedBy,
    finding: JSON.stringify(incident.finding),
    hidden_by: incident.hiddenBy,
    posts: JSON.stringify(incident.posts),
    quiet_at: instantOrNull(incident.quietAt),
    end_reason: incident.endReason,
  };
}

function notificationRow({ type: _type, ...row }: NotificationRecord): NotificationRow {
  return { ...row, at: instant(row.at) };
}

function judgementRow({ type: _type, from, to, at, judged_at, ...rest }: JudgementRecord): JudgementRow {
  const times = { window_from: instant(from), window_to: instant(to), at: instant(at), judged_at: instant(judged_at) };
  return { ...rest, ...times, version: Number.MAX_SAFE_INTEGER - instant(judged_at) };
}

/** The table and the row of a record; undefined for a type that this version does not know. */
export function findingsRow(record: FindingsRecord): { table: TableName; row: object } | undefined {
  switch (record.type) {
    case "finding":
      return { table: TABLES.findings, row: findingRow(record.finding, record.incident) };
    case "incident":
      return { table: TABLES.incidents, row: incidentRow(record.incident) };
    case "notification":
      return { table: TABLES.notifications, row: notificationRow(record) };
    case "judgement":
      return { table: TABLES.judgements, row: judgementRow(record) };
    default:
      return undefined;
  }
}
