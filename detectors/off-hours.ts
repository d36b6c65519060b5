/** Work outside the declared calendar, or at an hour of the week at which this agent never works. */
import { isWithin } from "../schemas/calendar.ts";
import type { Finding } from "../schemas/finding.ts";
import type { EventRecord } from "../schemas/journal.ts";
import type { AgentView, Detector, DetectorState } from "./detector.ts";
import { makeFinding } from "./finding.ts";
import { nameText, plural } from "./text/numbers.ts";

const NAME = "off-hours";
const QUIET_AFTER_MS = 2 * 3_600_000;
const DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"] as const;

type Reason = "outside_calendar" | "never_works_at_this_hour";

const NONE: readonly Finding[] = [];

interface Episode {
  since: number;
  last: number;
  events: number;
}

class OffHours implements DetectorState {
  episode: Episode | undefined;

  constructor(episode: Episode | undefined) {
    this.episode = episode === undefined ? undefined : { ...episode };
  }

  save(): Episode | null {
    return this.episode ?? null;
  }
}

/** Why this moment is off-hours; undefined when it is not. A declared calendar is obeyed; nothing is learned beside it. */
function reasonAt(at: number, view: AgentView): Reason | undefined {
  const { settings, zones, baseline } = view;
  if (settings.hours !== undefined) {
    const { day, minute } = zones.dayAndMinute(settings.timezone, at);
    return isWithin(settings.hours, day, minute) ? undefined : "outside_calendar";
  }
  const series = baseline?.find("hours", "");
  return series?.ready === true && series.hourAt(at) === 0 ? "never_works_at_this_hour" : undefined;
}

/** Goes on with the episode unless it was quiet for two hours. */
function extend(state: OffHours, at: number): Episode {
  const { episode } = state;
  if (episode === undefined || at - episode.last > QUIET_AFTER_MS) {
    state.episode = { since: at, last: at, events: 1 };
    return state.episode;
  }
  episode.last = Math.max(episode.last, at);
  episode.events++;
  return episode;
}

function statement(episode: Episode, reason: Reason, event: EventRecord, view: AgentView): Finding {
  const { zones, settings, now } = view;
  const { day } = zones.dayAndMinute(settings.timezone, event.judged_at);
  const moment = `${DAYS[day]} at ${zones.clock(settings.timezone, event.judged_at)} ${zones.city(settings.timezone)}`;
  const isDeclared = reason === "outside_calendar";
  const series = view.baseline?.find("hours", "");
  const facts = [`${plural(episode.events, "event")} on ${moment}`];
  if (episode.events > 1) facts.push(`since ${zones.clock(settings.timezone, episode.since)}`);
  if (!isDeclared) facts.push(`no work at this hour in ${plural(Math.floor(series?.days ?? 0), "day")} of history`);
  return makeFinding(view, {
    detector: NAME,
    subject: "",
    severity: "warning",
    window: { from: episode.since, to: now },
    unit: "calls",
    observed: episode.events,
    expected: 0,
    reason,
    title: isDeclared ? "works outside its declared hours" : "works at an hour at which it never works",
    facts,
    why: `it used ${nameText(event.tool)}`,
    contributors: [{ name: event.tool, observed: episode.events, expected: null }],
    events: view.recent.last(),
    quietAfterMs: QUIET_AFTER_MS,
    endReason: "quiet for 2 hours",
  });
}

/** Every event is work, decisions included. */
export const offHours: Detector<OffHours> = {
  name: NAME,
  summary: "Work outside the declared calendar, or at an hour of the week at which this agent never works.",
  page: {
    ready: "From the first event with declared `hours`; without them, after 14 days of history.",
    quieter:
      "Declare `hours` that hold the work, such as `Mon-Sun 00:00-24:00` for an agent that may work at any time.",
    keys: ["hours", "timezone"],
  },
  learnsExpected: (reason) => reason !== "outside_calendar",
  stateVersion: 1,
  create: () => new OffHours(undefined),
  load: (saved) => new OffHours((saved as Episode | null) ?? undefined),
  onEvent(state, event, view) {
    const reason = reasonAt(event.judged_at, view);
    if (reason === undefined) return NONE;
    const episode = extend(state, event.judged_at);
    const isDue = view.speaking.may(NAME, "", "warning", view.now);
    return isDue ? [statement(episode, reason, event, view)] : NONE;
  },
};
