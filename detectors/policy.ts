/** Written rules that an agent breaks: lists of tools and hosts, its permission level, approvals. */
import type { Finding, Severity } from "../schemas/finding.ts";
import type { EventRecord } from "../schemas/journal.ts";
import type { AgentView, Detector } from "./detector.ts";
import { makeFinding } from "./finding.ts";
import { type Breach, breachesOf, type Rule } from "./policy/breaches.ts";
import { nameText, plural } from "./text/numbers.ts";
import { type Episode, Episodes, shortSubject } from "./window/episodes.ts";

const NAME = "policy";
const QUIET_AFTER_MS = 30 * 60_000;
/** Names told one by one under a rule; more of them are one more incident together. */
const MAX_TOLD = 3;
const MAX_EPISODES = 16;

const NONE: readonly Finding[] = [];

/** These say plainly what must never happen; the others may lag behind a deploy. */
const GRAVE: ReadonlySet<Rule> = new Set(["no_access", "denied_tool", "denied_destination", "not_approved"]);

/** What was asked for and did not happen is no emergency. */
function severityOf(breach: Breach, event: EventRecord): Severity {
  return GRAVE.has(breach.rule) && event.failed !== true ? "critical" : "warning";
}

const TITLES: Record<Rule, (name: string, event: EventRecord, view: AgentView) => string> = {
  no_access: (name) => `used ${name}, but has no access`,
  denied_tool: (name) => `used ${name}, which is denied`,
  denied_destination: (name) => `called ${name}, which is denied`,
  not_approved: (name) => `did ${name} without approval`,
  above_level(name, { permission_level: stated = 0 }, { settings }) {
    const level = settings.rules?.level ?? 0;
    return stated > level
      ? `used ${name} at permission level ${stated}, it has ${level}`
      : `did ${name}, which is irreversible, and may only read`;
  },
  unlisted_tool: (name) => `used ${name}, which is not on its list`,
  unlisted_destination: (name) => `called ${name}, which is not on its list`,
};

const ALSO: Record<Rule, string> = {
  no_access: "no access",
  denied_tool: "denied tool",
  denied_destination: "denied host",
  not_approved: "no approval",
  above_level: "above its permission level",
  unlisted_tool: "tool not on its list",
  unlisted_destination: "host not on its list",
};

/** The breach's own incident, or beyond a few names the one of all others under the rule. */
function subjectOf(state: Episodes, { rule, name }: Breach, now: number): string {
  const known = state.under(`${rule}:`, now, QUIET_AFTER_MS);
  const own = shortSubject(`${rule}:${name}`);
  const together = `${rule}:`;
  const isKnown = known.some(({ subject }) => subject === own);
  return isKnown || known.filter(({ subject }) => subject !== together).length < MAX_TOLD ? own : together;
}

function statement(breaches: readonly Breach[], episode: Episode, event: EventRecord, view: AgentView): Finding {
  const { zones, settings, now } = view;
  const breach = breaches[0] as Breach;
  const { rule, name, written } = breach;
  const clock = `${zones.clock(settings.timezone, now)} ${zones.city(settings.timezone)}`;
  const isTogether = episode.subject === `${rule}:`;
  const also = breaches.slice(1).map((other) => `${ALSO[other.rule]} (${other.written})`);
  const facts = [`${plural(episode.count, "time")} at ${clock}`, `rule: ${nameText(written)}`];
  if (event.failed === true) facts.push("the last one failed");
  if (isTogether) facts.push("several names, the last one is shown");
  return makeFinding(view, {
    detector: NAME,
    subject: episode.subject,
    severity: view.speaking.atLeast(NAME, episode.subject, severityOf(breach, event), now),
    window: { from: episode.since, to: now },
    unit: "calls",
    observed: episode.count,
    expected: 0,
    reason: rule,
    title: TITLES[rule](nameText(name), event, view),
    facts: also.length === 0 ? facts : [...facts, `also: ${also.slice(0, 3).join(", ")}`],
    why: whyOf(breach, event),
    contributors: [{ name: nameText(event.tool), observed: episode.count, expected: null }],
    events: view.recent.last(event.tool),
    quietAfterMs: QUIET_AFTER_MS,
    endReason: "not again for 30 minutes",
  });
}

function whyOf({ rule }: Breach, { approved_by }: EventRecord): string {
  if (rule !== "not_approved") return "a written rule forbids it";
  return approved_by === undefined ? "it is irreversible and names no approved_by" : "it approved itself";
}

/** Every call against the rules of its agent's configuration, late ones too: backdating dodges no rule. */
export const policy: Detector<Episodes> = {
  name: NAME,
  summary:
    "A tool or host that a written rule denies or does not list, above the permission level, or without approval.",
  page: {
    ready: "From the first event; rules exist only where somebody wrote one.",
    quieter: "Mend the rule that the message names, or have a person named in `approved_by`.",
    keys: ["permissionLevel", "tools", "destinations", "irreversible"],
  },
  stateVersion: 1,
  takes: { late: true },
  create: () => new Episodes(MAX_EPISODES),
  load: (saved) => new Episodes(MAX_EPISODES, saved as readonly Episode[]),
  onEvent(state, event, view) {
    const { rules } = view.settings;
    if (rules === undefined || event.kind === "decision") return NONE;
    const breaches = breachesOf(rules, event);
    const [worst] = breaches;
    if (worst === undefined) return NONE;
    const episode = state.touch(subjectOf(state, worst, view.now), view.now, QUIET_AFTER_MS);
    const severity = severityOf(worst, event);
    const isDue = view.speaking.may(NAME, episode.subject, severity, view.now);
    return isDue ? [statement(breaches, episode, event, view)] : NONE;
  },
};
