/** A greater alert hides a lesser one of the same agent. Pure decisions over the incidents of one agent. */
import { SEVERITY_RANK } from "../../schemas/finding.ts";
import type { Incident } from "../../schemas/incident.ts";

/** These stand alone: somebody wrote the limit or the rule, or a key is out. They hide nothing and nothing hides them. */
const APART: ReadonlySet<string> = new Set(["budget", "policy", "secret-leak"]);
/** A lesser one told this shortly before the greater opened is noted in its message. */
const NOTED_MS = 10_000;
const MAX_LINES = 10;

function greater(a: Incident, b: Incident): boolean {
  return SEVERITY_RANK[a.severity] > SEVERITY_RANK[b.severity];
}

function comparable(a: Incident, b: Incident): boolean {
  return a.id !== b.id && a.agent !== "" && a.agent === b.agent && !APART.has(a.detector) && !APART.has(b.detector);
}

/** The open incident that hides `lesser` now: the greatest, of equals the oldest; undefined: none does. */
export function hiderOf(lesser: Incident, all: Iterable<Incident>): Incident | undefined {
  let hider: Incident | undefined;
  for (const other of all) {
    if (other.state === "resolved" || other.hiddenBy !== null) continue;
    if (!comparable(lesser, other) || !greater(other, lesser)) continue;
    if (hider === undefined || greater(other, hider) || (!greater(hider, other) && other.openedAt < hider.openedAt)) {
      hider = other;
    }
  }
  return hider;
}

/** What the greater one's message says about those it hides, and about one that was told a moment before it. */
export function linesOf(incident: Incident, all: Iterable<Incident>): readonly string[] {
  const lines: string[] = [];
  for (const other of [...all].sort((a, b) => a.openedAt - b.openedAt || (a.id < b.id ? -1 : 1))) {
    if (other.hiddenBy === incident.id) {
      lines.push(other.state === "resolved" ? `${other.title} (over: ${other.endReason})` : other.title);
    } else if (other.hiddenBy === null && comparable(other, incident) && greater(incident, other)) {
      const before = incident.openedAt - other.openedAt;
      if (before >= 0 && before <= NOTED_MS && other.state !== "resolved") lines.push(`${other.title} (told before)`);
    }
  }
  const more = lines.length - MAX_LINES;
  return more > 0 ? [...lines.slice(0, MAX_LINES), `and ${more} more`] : lines;
}
