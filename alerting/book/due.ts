/** When something of one incident is due. */
import type { Incident } from "../../schemas/incident.ts";

/** A resolved incident keeps its identity this long; then its record is dropped. */
const KEPT_MS = 24 * 3_600_000;

/** The next moment at which time alone changes the incident: it ends, or is forgotten. */
export function dueOf(incident: Incident): number | undefined {
  if (incident.resolvedAt !== null) return incident.resolvedAt + KEPT_MS;
  return incident.quietAt ?? undefined;
}

/** The earliest due moment; undefined where nothing waits for time. */
export function earliest(incidents: Iterable<Incident>): number | undefined {
  let first: number | undefined;
  for (const incident of incidents) {
    const due = dueOf(incident);
    if (due !== undefined && (first === undefined || due < first)) first = due;
  }
  return first;
}
