/** What was found in events that came late, in words: one summary for all partitions. */
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
  readonly findings: number;
  readonly said: readonly LateFinding[];
}

function oldestFirst(a: LateFinding, b: LateFinding): number {
  return a.at - b.at || (a.agent < b.agent ? -1 : 1);
}

/** The reports so far and one more; a former backlog is over. */
export function addLate(told: LateTold | undefined, late: LateRecord): LateTold {
  const { at, from, to, events, unjudged, findings, said } = late;
  if (told === undefined || at - told.at > TOGETHER_MS) return { at, from, to, events, unjudged, findings, said };
  return {
    at: Math.max(at, told.at),
    from: Math.min(from, told.from),
    to: Math.max(to, told.to),
    events: events + told.events,
    unjudged: unjudged + told.unjudged,
    findings: findings + told.findings,
    said: [...told.said, ...said].sort(oldestFirst).slice(0, MOST_SAID),
  };
}

const clock = (at: number): string => `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;

/** Never more than a warning: detectors that begin in the middle know less of what is usual. */
export function lateStatement({ at, from, to, events, unjudged, findings, said }: LateTold): Statement {
  const isPage = said.some(({ severity }) => severity !== "info");
  const lines = [...said]
    .sort(oldestFirst)
    .slice(0, TOLD)
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
    title:
      findings === 0
        ? `judged ${plural(events, "event")} that came late: nothing unusual`
        : `found ${plural(findings, "alert")} in ${plural(events, "event")} that came late`,
    facts: [
      `of ${clock(from)} to ${clock(to)}${unjudged > 0 ? `, ${countText(unjudged)} not judged: too many agents at once` : ""}`,
      ...lines,
      ...(more > 0 ? [`and ${countText(more)} more`] : []),
    ],
    why: "whoever ships these events was away, or their times are set back; nothing of it was told while it happened",
    quietAfterMs: TOGETHER_MS,
    endReason: `no more for 30 minutes, the last at ${clock(at)}`,
  };
}
