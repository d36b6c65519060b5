/** What is said of records that cannot be right. */
import type { EventRecord } from "../../schemas/journal.ts";
import type { AgentView } from "../detector.ts";
import type { Statement } from "../finding.ts";
import { spanText } from "../text/durations.ts";
import { nameText, plural } from "../text/numbers.ts";
import type { Oddity } from "./oddity.ts";
import type { LateSpell } from "./order.ts";

export type OddityName = "same_id" | "clock_ahead" | "clock_behind" | "backdated" | "new_credential";

interface Words {
  readonly title: string;
  readonly facts: readonly string[];
  readonly why: string;
}

/** "2026-01-27 14:32 Berlin". */
function momentText({ zones, settings: { timezone } }: AgentView, at: number): string {
  return `${zones.period(timezone, "day", at).key} ${zones.clock(timezone, at)} ${zones.city(timezone)}`;
}

function countFact({ count, since }: Oddity, { zones, settings: { timezone } }: AgentView): string {
  return `${plural(count, "event")} since ${zones.clock(timezone, since)} ${zones.city(timezone)}`;
}

function ahead({ timestamp, arrived_at, clock }: EventRecord, view: AgentView): Words {
  const isAncient = clock === "ancient";
  const off = spanText(Math.abs(timestamp - arrived_at));
  return {
    title: isAncient ? "writes times before the year 2000" : `writes times that are ${off} ahead`,
    facts: isAncient ? [] : [`the last one says ${momentText(view, timestamp)}`],
    why: "the clock or the time zone of its machine is wrong, or the times are made up; it is judged by arrival",
  };
}

/** The words for one of them. */
function wordsOf(name: OddityName, event: EventRecord, spell: LateSpell, view: AgentView): Words {
  switch (name) {
    case "same_id":
      return {
        title: "sends the same id with other contents",
        facts: [`the last one: ${nameText(event.id)}`],
        why: "records are being rewritten, or two programs share a name; all contents are kept",
      };
    case "clock_ahead":
      return ahead(event, view);
    case "clock_behind":
      return {
        title: `writes times that are ${spanText(spell.lag)} behind`,
        facts: ["always by as much"],
        why: "its clock or time zone is wrong, or its events always arrive late; late events are not judged one by one",
      };
    case "backdated":
      return {
        title: `writes events for up to ${spanText(spell.most)} ago, out of order`,
        facts: [
          `${spanText(spell.least)} to ${spanText(spell.most)} late, ${spell.outOfOrder} of ${spell.count} step back`,
        ],
        why: "the past is being filled in; what is only sent late keeps its order",
      };
    case "new_credential":
      return {
        title: `uses a credential that it never used: ${nameText(event.credential ?? "")}`,
        facts: [`3 events name it, the last one at ${momentText(view, view.now)}`],
        why: "a key was added or renamed, or somebody else writes in its name",
      };
  }
}

/** All that a finding of it says. */
export function oddityStatement(
  name: OddityName,
  oddity: Oddity,
  event: EventRecord,
  spell: LateSpell,
  view: AgentView,
): Omit<Statement, "severity" | "detector"> {
  const { title, facts, why } = wordsOf(name, event, spell, view);
  return {
    subject: name,
    window: { from: oddity.since, to: view.now },
    unit: "records",
    observed: oddity.count,
    expected: 0,
    reason: name,
    title,
    facts: name === "new_credential" ? facts : [countFact(oddity, view), ...facts],
    why,
    contributors: [{ name: nameText(event.tool), observed: oddity.count, expected: null }],
    events: view.recent.last(),
    quietAfterMs: 6 * 3_600_000,
    endReason: "not again for 6 hours",
  };
}
