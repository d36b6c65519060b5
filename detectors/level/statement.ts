/** What is said of a level. */
import type { Finding, Severity } from "../../schemas/finding.ts";
import type { AgentView } from "../detector.ts";
import { makeFinding } from "../finding.ts";
import { moneyText, nameText, timesText, usualText } from "../text/numbers.ts";
import { DAY_MS } from "../time/zones.ts";
import type { LevelChange } from "./anchors.ts";

/** Reasons of these findings: their hours are no excess, and are learned. */
export const LEVEL_REASONS: readonly string[] = ["new_level", "grown"];

const DAY_HOURS = 24;
const WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"] as const;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const;

function dateText(at: number, { zones, settings }: AgentView): string {
  const local = new Date(at + zones.offsetAt(settings.timezone, at));
  return `${local.getUTCDate()} ${MONTHS[local.getUTCMonth()]}`;
}

function weekdayText(at: number, { zones, settings }: AgentView): string {
  return WEEKDAYS[Math.floor(zones.hourOfWeek(settings.timezone, at) / DAY_HOURS)] ?? "";
}

/** The finding: a new level since a day, or growth against the level of a day. It ends by itself after a day. */
export function levelFinding(change: LevelChange, severity: Severity, detector: string, view: AgentView): Finding {
  const { kind, series, before, after, since, isRepeated } = change;
  const { now } = view;
  const isMoney = series.series === "spend";
  const amount = (hourly: number): string => (isMoney ? moneyText(hourly * DAY_HOURS) : usualText(hourly * DAY_HOURS));
  const what = isMoney ? "spend" : series.subject === "" ? "calls" : nameText(series.subject);
  const unit = isMoney ? "" : " calls";
  const day = `${weekdayText(since, view)}, ${dateText(since, view)}`;
  const isStep = kind === "step";
  return makeFinding(view, {
    detector,
    subject: `level of ${isMoney || series.subject === "" ? "all" : series.subject}`,
    episode: `${kind} ${since}`,
    severity,
    window: { from: since, to: now },
    unit: isMoney ? "usd" : "calls",
    observed: Number((after * DAY_HOURS).toPrecision(4)),
    expected: Number((before * DAY_HOURS).toPrecision(4)),
    reason: isStep ? "new_level" : "grown",
    title: isStep
      ? `new level of ${what}: about ${amount(after)}${unit} a day instead of ${amount(before)}`
      : `${what} slowly grew to ${timesText(after / before)} what it was`,
    facts: isStep
      ? [`since ${day}`, "from here on this is what is usual"]
      : [
          `about ${amount(after)}${unit} a day in the last week, ${amount(before)} by ${dateText(since, view)}`,
          "no day stands out: what is usual went along",
        ],
    why: isRepeated ? "not the first rise in four weeks: together they are more than double" : "",
    events: view.recent.last(isMoney || series.subject === "" ? undefined : series.subject),
    endsAt: now + DAY_MS,
    endReason: "said once",
  });
}
