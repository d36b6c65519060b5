/** An agent that should be logging is not: by its own rhythm, or by what somebody wrote. */
import { isWithin } from "../schemas/calendar.ts";
import type { Finding, Severity } from "../schemas/finding.ts";
import type { AgentView, Detector, DetectorState } from "./detector.ts";
import { makeFinding, makeScopeFinding, type Statement } from "./finding.ts";
import type { PeerCount } from "./runner/peers.ts";
import { type Absence, absenceOf, type Counts, improbableAt, isAlwaysOn, isWorked } from "./silence/absence.ts";
import * as rules from "./silence/rules.ts";
import { durationText } from "./text/durations.ts";
import { plural } from "./text/numbers.ts";

const NAME = "silence";
const FLEET = { kind: "fleet", name: "fleet" } as const;
const MINUTE_MS = 60_000;
const FOREVER_MS = 14 * 86_400_000;

const NONE: readonly Finding[] = [];

type Said = "no" | "agent" | "fleet";

interface SavedSilence {
  /** When the agent was last heard (the watch's clock); 0: never. */
  last: number;
  /** When to look again; 0: never. */
  due: number;
  /** From when on its pauses are known; 0: they are not. */
  since: number;
  /** The most improbable pause that came and went without being said. */
  most: number;
  said: Said;
}

interface SilenceState extends DetectorState, SavedSilence {}

function declared({ settings, zones }: AgentView): Counts {
  const { hours, timezone } = settings;
  if (hours === undefined) return () => true;
  return (at) => {
    const { day, minute } = zones.dayAndMinute(timezone, at);
    return isWithin(hours, day, minute);
  };
}

/** Hours in which something is expected: declared ones, and usual ones. */
function counting(view: AgentView): Counts {
  const { baseline } = view;
  const counts = declared(view);
  return (at) => counts(at) && (baseline === undefined || isWorked(baseline, at));
}

/** When the written time has passed since then; outside declared hours it stands still. */
function writtenDue(last: number, after: number, counts: Counts): number | undefined {
  let left = after;
  for (let at = last; at < last + FOREVER_MS + after; at += MINUTE_MS) {
    if (!counts(at)) continue;
    if (left <= MINUTE_MS) return at + left;
    left -= MINUTE_MS;
  }
  return undefined;
}

/** When silence since the last event is worth a word; undefined: not as far as can be seen. */
function dueOf(state: SilenceState, view: AgentView): number | undefined {
  const { after } = view.settings.detectors[NAME] ?? {};
  if (after !== undefined) return writtenDue(state.last, after, declared(view));
  const series = view.baseline?.find("calls", "");
  if (series?.ready !== true) return undefined;
  const isKnown = state.since > 0 && view.now - state.since > rules.KNOWN_AFTER_MS;
  const score = Math.max(isKnown ? rules.KNOWN_SCORE : rules.LEAST_SCORE, rules.ABOVE_HABIT * state.most);
  const until = view.now + rules.LOOK_EVERY_MS;
  const due = improbableAt(series, state.last, { score, steps: rules.LEAST_STEPS, until }, counting(view));
  return due === undefined ? undefined : Math.max(due, state.last + rules.LEAST_MS);
}

function absence(state: SilenceState, view: AgentView, to: number): Absence {
  const series = view.baseline?.find("calls", "");
  return series === undefined ? { score: 0, calls: 0, steps: 0 } : absenceOf(series, state.last, to, counting(view));
}

function clockText({ zones, settings }: AgentView, at: number): string {
  return `${zones.clock(settings.timezone, at)} ${zones.city(settings.timezone)}`;
}

/** The findings of one kind of silence, at rest. */
function about(severity: Severity, from: number, to: number) {
  const window = { from, to };
  return { detector: NAME, subject: "", severity, window, unit: "calls", endReason: "it logs again" } as const;
}

/** Those whose silence or work says something of this one: of an agent that rests at night, those of its zone that do. */
function peersOf(state: SilenceState, view: AgentView): PeerCount {
  const { baseline, settings, peers, now, agent } = view;
  const all = peers.between(agent, state.last, now);
  if (baseline === undefined || isAlwaysOn(baseline, now) || isShared(all)) return all;
  return peers.between(agent, state.last, now, settings.timezone);
}

const isShared = ({ expected, heard }: PeerCount): boolean =>
  expected >= rules.LEAST_PEERS && heard < (1 - rules.HEARD_SHARE) * expected;

/** A person is woken for an agent that always logs, or that is missing where others like it work as usual. */
function severityOf(view: AgentView, { expected, heard }: PeerCount): Severity {
  const { baseline, settings, now } = view;
  if (settings.detectors[NAME]?.after !== undefined) return "warning";
  if (baseline !== undefined && isAlwaysOn(baseline, now)) return "warning";
  return expected >= rules.LEAST_PEERS && heard >= rules.HEARD_SHARE * expected ? "warning" : "info";
}

function ownStatement(state: SilenceState, view: AgentView, peers: PeerCount): Statement {
  const { last } = state;
  const { now, settings } = view;
  const { after } = settings.detectors[NAME] ?? {};
  const { calls, score } = absence(state, view, now);
  const every = calls > 0 ? `expected: a call every ${durationText((now - last) / calls)}` : "";
  const allowed = after === undefined ? every : `allowed: ${durationText(after)}`;
  return {
    ...about(severityOf(view, peers), last, now),
    observed: 0,
    expected: calls,
    score: after === undefined ? score : null,
    reason: after === undefined ? "below_baseline" : "configured_limit",
    title: `has logged nothing for ${durationText(now - last)}`,
    facts: [`last event at ${clockText(view, last)}`, allowed].filter(Boolean),
    why: "it stopped, nobody starts it, or its events do not arrive",
    events: view.recent.last(),
    quietAfterMs: rules.GONE_MS,
    endReason: "gone for 2 days",
  };
}

/** Many are silent together: one cause, told once for all. */
function sharedStatement(state: SilenceState, view: AgentView, silent: number, expected: number): Statement {
  const { now } = view;
  const isAll = silent === expected;
  return {
    ...about(isAll ? "warning" : "info", state.last, now),
    observed: expected - silent,
    expected,
    reason: "shared_silence",
    title: isAll ? "no agent logs any more" : `${silent} of ${plural(expected, "agent")} log nothing`,
    facts: [`since about ${clockText(view, state.last)}`, `by their own rhythm all ${expected} should`],
    why: isAll ? "a deploy, a network or their way to Watchkeeper" : "a holiday, a deploy or a network",
    quietAfterMs: rules.GONE_MS,
    endReason: "gone for 2 days",
  };
}

function say(state: SilenceState, view: AgentView): readonly Finding[] {
  const peers = peersOf(state, view);
  state.said = isShared(peers) ? "fleet" : "agent";
  if (state.said === "agent") return [makeFinding(view, ownStatement(state, view, peers))];
  const { expected, heard } = peers;
  const statement = sharedStatement(state, view, expected - heard + 1, expected + 1);
  return [makeScopeFinding(FLEET, view.now, view.position, statement)];
}

/** It logs again: what was said ends at once. */
function back(state: SilenceState, view: AgentView): readonly Finding[] {
  const { last, said } = state;
  const { now } = view;
  const statement: Statement = {
    ...about("info", last, now),
    observed: 1,
    reason: "logs_again",
    title: said === "fleet" ? "agents logged nothing" : `logged nothing for ${durationText(now - last)}`,
    facts: [`last event before at ${clockText(view, last)}`],
    quietAfterMs: 1,
  };
  return [said === "fleet" ? makeScopeFinding(FLEET, now, view.position, statement) : makeFinding(view, statement)];
}

/** A pause that came and went by itself is honest. */
function learnPause(state: SilenceState, view: AgentView): void {
  if (view.now - state.last < rules.PAUSE_MS || view.baseline?.find("calls", "")?.ready !== true) return;
  state.most = Math.max(absence(state, view, view.now).score, rules.FADE * state.most);
}

/** Every event is a sign of life, late ones included. */
export const silence: Detector<SilenceState> = {
  name: NAME,
  summary: "An agent that should be logging, by its own rhythm or by a written time, is not.",
  stateVersion: 1,
  takes: { late: true },
  create: () => stateOf({ last: 0, due: 0, since: 0, most: 0, said: "no" }),
  load: (saved) => stateOf(saved as SavedSilence),
  onEvent(state, _event, view) {
    const findings = state.said === "no" ? NONE : back(state, view);
    if (state.said === "no" && state.last > 0) learnPause(state, view);
    if (state.since === 0 && view.baseline?.find("calls", "")?.ready === true) state.since = view.now;
    if (state.due === 0 || state.said !== "no") state.due = view.now + rules.PAUSE_MS;
    state.said = "no";
    state.last = Math.max(state.last, view.now);
    return findings;
  },
  onTimer(state, view) {
    const { now, peers } = view;
    if (peers.isBlind(now)) {
      state.due = now + rules.PAUSE_MS;
      return NONE;
    }
    const due = dueOf(state, view);
    if (due === undefined || due > now) {
      // An agent that nothing is known of for long is gone.
      const isGone = now - state.last > FOREVER_MS;
      state.due = isGone ? 0 : Math.min(due ?? Number.POSITIVE_INFINITY, now + rules.LOOK_EVERY_MS);
      return NONE;
    }
    if (state.said === "agent") return NONE;
    const findings = say(state, view);
    state.due = state.said === "fleet" && now - state.last < rules.GONE_MS ? now + rules.LOOK_AGAIN_MS : 0;
    return findings;
  },
  nextDue: ({ due }) => (due === 0 ? undefined : due),
};

function stateOf(saved: SavedSilence): SilenceState {
  const state: SilenceState = {
    ...saved,
    save(): SavedSilence {
      const { last, due, since, most, said } = state;
      return { last, due, since, most, said };
    },
  };
  return state;
}
