/** How one finding, or one moment, changes one incident. Pure: incident in, incident out. */
import { type Finding, SEVERITY_RANK } from "../../schemas/finding.ts";
import type { Incident, IncidentPost } from "../../schemas/incident.ts";

/** Between two revisions of the same severity and step: this long, or a growth of a tenth. */
const EDIT_EVERY_MS = 60_000;
const GROWTH = 0.1;
const LIMIT_STEP = 100;

/** The moment at which an incident ends if nothing more comes; null: nothing ends it by itself. */
function endOf(finding: Finding): number | null {
  const quietAt = finding.quietAfterMs > 0 ? finding.at + finding.quietAfterMs : null;
  if (quietAt === null || finding.endsAt === null) return quietAt ?? finding.endsAt;
  return Math.min(quietAt, finding.endsAt);
}

/** What is taken from a finding whenever a new revision is made: the numbers and words a reader sees. */
function told(finding: Finding, now: number) {
  const { title, unit, observed, expected } = finding;
  return { title, unit, observed, expected, updatedAt: now, endReason: finding.endReason };
}

/** nothing → open: posts `opened` (also when its first step is already the limit: one message says it all). */
export function open(finding: Finding, id: string, episode: string, now: number): Incident {
  return {
    id,
    scope: finding.scope,
    agent: finding.agent,
    detector: finding.detector,
    subject: finding.subject,
    episode,
    state: "open",
    severity: finding.severity,
    step: finding.step,
    ...told(finding, now),
    openedAt: now,
    resolvedAt: null,
    acknowledgedBy: null,
    revision: 1,
    offset: finding.position.offset,
    partition: finding.position.partition,
    finding,
    findings: 1,
    hiddenBy: null,
    hides: [],
    posts: [{ step: "opened", revision: 1, at: now }],
    quietAt: endOf(finding),
  };
}

function post(step: IncidentPost["step"], revision: number, now: number): IncidentPost {
  return { step, revision, at: now };
}

/** open → open: a rise speaks, a reader's matter is a new revision, anything else only keeps it alive. */
export function attach(incident: Incident, finding: Finding, now: number): Incident {
  const behind = finding.step < incident.step;
  const alive = {
    ...incident,
    offset: finding.position.offset,
    findings: incident.findings + 1,
    quietAt: endOf(finding),
    // What is shown stays; when it was last heard of moves on, by which a replay is told from news.
    finding: behind ? { ...incident.finding, at: finding.at } : finding,
  };
  const raised = SEVERITY_RANK[finding.severity] > SEVERITY_RANK[incident.severity];
  const limit = finding.step >= LIMIT_STEP && incident.step < LIMIT_STEP;
  const stepped = finding.step > incident.step;
  const grown = Math.abs(finding.observed - incident.observed) >= Math.abs(incident.observed) * GROWTH;
  const changed = finding.observed !== incident.observed || finding.title !== incident.title;
  const due = now - incident.updatedAt >= EDIT_EVERY_MS;
  if (!raised && !stepped && (behind || !changed || !(grown || due))) return alive;
  const revision = incident.revision + 1;
  return {
    ...alive,
    ...(behind ? { updatedAt: now } : told(finding, now)),
    severity: raised ? finding.severity : incident.severity,
    step: Math.max(incident.step, finding.step),
    revision,
    posts: limit || raised ? [...incident.posts, post(limit ? "limit" : "raised", revision, now)] : incident.posts,
  };
}

/** resolved → open within a day: the same identity speaks again. */
export function reopen(incident: Incident, finding: Finding, now: number): Incident {
  const revision = incident.revision + 1;
  return {
    ...incident,
    ...told(finding, now),
    state: "open",
    severity: finding.severity,
    step: Math.max(incident.step, finding.step),
    resolvedAt: null,
    acknowledgedBy: null,
    hiddenBy: null,
    hides: [],
    revision,
    offset: finding.position.offset,
    finding,
    findings: incident.findings + 1,
    posts: [...incident.posts, post("reopened", revision, now)],
    quietAt: endOf(finding),
  };
}

/** open → acknowledged: whoever looks sees by whom. The first one stays, and what has ended is left as it is. */
export function acknowledge(incident: Incident, by: string, now: number): Incident {
  if (incident.state === "resolved" || incident.acknowledgedBy !== null) return incident;
  const revision = incident.revision + 1;
  return { ...incident, state: "acknowledged", acknowledgedBy: by, revision, updatedAt: now };
}

/** open → resolved, at the moment it was due, whenever that is noticed. */
export function resolve(incident: Incident, at: number): Incident {
  return {
    ...incident,
    state: "resolved",
    title: incident.finding.title,
    observed: incident.finding.observed,
    expected: incident.finding.expected,
    resolvedAt: at,
    updatedAt: at,
    quietAt: null,
    revision: incident.revision + 1,
  };
}
