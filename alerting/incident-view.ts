/** Incidents as `GET /v1/incidents` shows them. */
import type { Incident } from "../schemas/incident.ts";

const iso = (ms: number): string => new Date(ms).toISOString();

/** The fields that callers rely on. Times are ISO 8601, UTC. */
export function incidentView(incident: Incident): object {
  const { id, scope, agent, detector, subject, state, severity, title, observed, expected } = incident;
  const { openedAt, updatedAt, resolvedAt, acknowledgedBy } = incident;
  return {
    ...{ id, scope, agent, detector, subject, state, severity, title, observed, expected },
    openedAt: iso(openedAt),
    updatedAt: iso(updatedAt),
    resolvedAt: resolvedAt === null ? null : iso(resolvedAt),
    acknowledgedBy,
  };
}

/** Newest first; `open` means not resolved. */
export function listIncidents(incidents: readonly Incident[], filter: "open" | "resolved" | "all"): object[] {
  return incidents
    .filter(({ state }) => filter === "all" || (state === "resolved") === (filter === "resolved"))
    .sort((a, b) => b.openedAt - a.openedAt)
    .map(incidentView);
}
