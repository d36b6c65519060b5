/** Incidents as Slack messages: Block Kit and a plain fallback. Pure. */
import type { EventRef, Severity } from "../../schemas/finding.ts";
import type { Incident, IncidentPost } from "../../schemas/incident.ts";
import { scopeWords } from "../../schemas/scope.ts";
import type { Content, Detail } from "./sink.ts";
import { code, mrkdwn, packLines } from "./slack-text.ts";
import { amountWords, clockWords, durationWords, endWords, factsOf, lateWords, whyOf } from "./words.ts";

/** `text` is shown in notifications, and alone where there are no blocks. */
export interface SlackMessage {
  readonly text: string;
  readonly blocks: readonly SectionBlock[];
}

export interface SectionBlock {
  readonly type: "section";
  /** `verbatim`: Slack makes no links and no mentions of plain text. */
  readonly text: { readonly type: "mrkdwn"; readonly text: string; readonly verbatim: true };
}

/** The time zone in which an agent's times are shown. */
export type TimezoneOf = (agent: string) => string;

const SECTION_MAX = 3000;
const ICONS: Record<Severity, string> = {
  info: ":information_source:",
  warning: ":warning:",
  critical: ":rotating_light:",
};
const AGAIN: Record<IncidentPost["step"], string> = {
  opened: "",
  raised: "now *critical*: ",
  limit: "limit reached: ",
  reopened: "again: ",
};

function sections(lines: readonly string[]): SectionBlock[] {
  return packLines(lines, SECTION_MAX).map((text) => {
    return { type: "section", text: { type: "mrkdwn", text, verbatim: true } };
  });
}

function iconOf(incident: Incident): string {
  return incident.state === "resolved" ? ":white_check_mark:" : ICONS[incident.severity];
}

function titleOf(incident: Incident): string {
  // A name may consist of nothing that can be shown.
  return `*${mrkdwn(scopeWords(incident.scope), 80) || "(unreadable name)"}* ${mrkdwn(incident.finding.title, 200)}`;
}

function headline(incident: Incident): string {
  return `${iconOf(incident)} ${titleOf(incident)}`;
}

function eventWords(event: EventRef, timezone: string): string {
  const cost = event.cost === undefined ? "" : ` ${amountWords(Number(event.cost), "usd")}`;
  const note = event.note === "" ? "" : ` ${mrkdwn(event.note, 60)}`;
  return `${clockWords(event.at, timezone)} ${code(event.tool, 60)}${note}${cost}`;
}

function stateLine(incident: Incident, timezone: string): string {
  if (incident.state === "resolved") return mrkdwn(endWords(incident), 200);
  const since = `${clockWords(incident.openedAt, timezone)} ${mrkdwn(timezone, 40)}`;
  const times = incident.findings > 1 ? ` · seen ${incident.findings} times` : "";
  const by = incident.acknowledgedBy === null ? "" : ` · acknowledged by ${mrkdwn(incident.acknowledgedBy, 60)}`;
  return `${incident.severity}, open since ${since}${times}${by}`;
}

function details(incident: Incident, timezone: string): string[] {
  const facts = factsOf(incident)
    .slice(0, 6)
    .map((fact) => mrkdwn(fact, 160));
  const why = whyOf(incident);
  const events = incident.finding.events
    .slice(-4)
    .reverse()
    .map((event) => eventWords(event, timezone));
  return [
    facts.join(" · "),
    why === "" ? "" : `Why: ${mrkdwn(why, 400)}`,
    events.length === 0 ? "" : `Last: ${events.join(" · ")}`,
    ...incident.hides.slice(0, 11).map((line) => `Also: ${mrkdwn(line, 120)}`),
  ];
}

function incidentMessage(incident: Incident, detail: Detail, timezone: string): SlackMessage {
  const state = stateLine(incident, timezone);
  const facts = factsOf(incident)
    .slice(0, 6)
    .map((fact) => mrkdwn(fact, 160))
    .join(" · ");
  const lines =
    detail === "full"
      ? [headline(incident), ...details(incident, timezone), state]
      : [headline(incident), facts, state];
  return {
    text: `${headline(incident)}${incident.state === "resolved" ? ` · ${state}` : ""}`,
    blocks: sections(lines),
  };
}

function groupLine(incident: Incident): string {
  const { observed, expected, unit } = incident.finding;
  const usual = expected === null ? "" : `, usual ${amountWords(expected, unit)}`;
  const state =
    incident.state === "resolved" ? mrkdwn(endWords(incident), 120) : `${amountWords(observed, unit)}${usual}`;
  return `${headline(incident)} · ${mrkdwn(state, 160)}`;
}

function groupMessage(incidents: readonly Incident[], late: string): SlackMessage {
  const names = new Set(incidents.map(({ scope }) => scopeWords(scope))).size;
  const noun = incidents.every(({ scope }) => scope.kind === "agent") ? "agent" : "scope";
  const open = incidents.filter((incident) => incident.state !== "resolved").length;
  const of = `${names} ${names === 1 ? noun : `${noun}s`}`;
  const over = open === 0 ? ", all resolved" : "";
  const head =
    late === ""
      ? `:warning: *${incidents.length} more alerts* of ${of} at the same time${over}`
      : `:warning: *${incidents.length} alerts* of ${of}, ${late}${over}`;
  return { text: head, blocks: sections([head, ...incidents.map(groupLine)]) };
}

function replyMessage(incident: Incident, step: IncidentPost["step"]): SlackMessage {
  const words = step === "raised" ? AGAIN.raised.replace("critical", incident.severity) : AGAIN[step];
  // A title may say it itself.
  const again = incident.finding.title.startsWith(words) ? "" : words;
  const head = `${iconOf(incident)} ${again}${titleOf(incident)}`;
  const facts = factsOf(incident)
    .slice(0, 4)
    .map((fact) => mrkdwn(fact, 160));
  return { text: head, blocks: sections([head, facts.join(" · ")]) };
}

function reminderMessage(incidents: readonly Incident[], now: number): SlackMessage {
  const lines = incidents.map(
    (incident) => `:bell: still open after ${durationWords(now - incident.openedAt)}: ${titleOf(incident)}`,
  );
  return { text: lines[0] ?? "", blocks: sections(lines) };
}

/** What Slack is to show. With `bare` detail there are no blocks: the headline alone. */
export function renderSlack(content: Content, detail: Detail, timezoneOf: TimezoneOf): SlackMessage {
  const message = renderContent(content, detail, timezoneOf);
  return detail === "bare" ? { text: message.text.slice(0, 1000), blocks: [] } : message;
}

function renderContent(content: Content, detail: Detail, timezoneOf: TimezoneOf): SlackMessage {
  switch (content.kind) {
    case "incident":
      return incidentMessage(content.incident, detail, timezoneOf(content.incident.agent));
    case "group":
      return groupMessage(content.incidents, content.late === true ? lateWords(content.incidents, timezoneOf("")) : "");
    case "reply":
      return replyMessage(content.incident, content.step);
    case "reminder":
      return reminderMessage(content.incidents, content.now);
  }
}
