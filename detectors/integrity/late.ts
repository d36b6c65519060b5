/** What was found in events that came late, in words: one summary for all partitions. */
import { SEVERITY_RANK } from "../../schemas/finding.ts";
import type { LateFinding, LateRecord } from "../../schemas/self.ts";
import type { Statement } from "../finding.ts";
import { countText, nameText, plural } from "../text/numbers.ts";

/** Summaries of so long belong together: a backlog reaches every partition. */
const TOGETHER_MS = 30 * 60_000;
const TOLD = 4;
/** Remembered of all partitions together. */
const MOST_SAID = 40;

/** What partitions reported of one backlog. */
export interface LateTold {
  /** Of the last report. */
  readonly at: number;
  readonly from: number;
  readonly to: number;
  readonly events: number;
  readonly unjudged: number;
  /** Absent in states of releases without it. */
  readonly beyond?: number;
  readonly findings: number;
  readonly said: readonly LateFinding[];
}

function worstFirst(a: LateFinding, b: LateFinding): number {
  return SEVERITY_RANK[b.severity] - SEVERITY_RANK[a.severity] || oldestFirst(a, b);
}

function oldestFirst(a: LateFinding, b: LateFinding): number {
  return a.at - b.at || (a.agent < b.agent ? -1 : 1);
}

/** The reports so far and one more; a former backlog is over. */
export function addLate(told: LateTold | undefined, late: LateRecord): LateTold {
  const { at, from, to, events, unjudged, beyond = 0, findings, said } = late;
  if (told === undefined || at - told.at > TOGETHER_MS) {
    return { at, from, to, events, unjudged, beyond, findings, said };
  }
  return {
    at: Math.max(at, told.at),
    from: Math.min(from, told.from),
    to: Math.max(to, told.to),
    events: events + told.events,
    unjudged: unjudged + told.unjudged,
    beyond: beyond + (told.beyond ?? 0),
    findings: findings + told.findings,
    said: [...told.said, ...said].sort(worstFirst).slice(0, MOST_SAID),
  };
}

const clock = (at: number): string => `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;

/** "Nothing unusual" is said only where all of it was judged. */
function titleOf({ events, findings, unjudged, beyond = 0 }: LateTold): string {
  if (findings > 0) return `found ${plural(findings, "alert")} in ${plural(events, "event")} that came late`;
  const judged = `judged ${plural(events, "event")} that came late: nothing unusual`;
  return unjudged + beyond === 0 ? judged : `${judged} in what could be judged`;
}

/** What could not be judged, or by rules alone. */
function gaps({ unjudged, beyond = 0 }: LateTold): string[] {
  return [
    ...(unjudged > 0 ? [`${countText(unjudged)} not judged: too many agents at once`] : []),
    ...(beyond > 0 ? [`${countText(beyond)} judged by rules alone: what was usual then is not known any more`] : []),
  ];
}

/** Never more than a warning: detectors that begin in the middle know less of what is usual. */
export function lateStatement(told: LateTold): Statement {
  const { at, from, to, findings, said } = told;
  const isPage = said.some(({ severity }) => severity !== "info");
  const lines = [...said]
    .sort(worstFirst)
    .slice(0, TOLD)
    .sort(oldestFirst)
    .map((one) => `${clock(one.at)} ${nameText(one.agent)}: ${one.title}`);
  const more = findings - lines.length;
  return {
    detector: "integrity",
    subject: "late",
    severity: isPage ? "warning" : "info",
    window: { from, to },
    unit: "records",
    observed: findings,
    reason: "judged_late",
    title: titleOf(told),
    facts: [
      `of ${clock(from)} to ${clock(to)}`,
      ...gaps(told),
      ...lines,
      ...(more > 0 ? [`and ${countText(more)} more`] : []),
    ],
    why: "whoever ships these events was away, or their times are set back; nothing of it was told while it happened",
    quietAfterMs: TOGETHER_MS,
    endReason: `no more for 30 minutes, the last at ${clock(at)}`,
  };
}
