/** An agent that should be logging is not: by its own rhythm, or by what somebody wrote. */
import type { Finding, Severity } from "../schemas/finding.ts";
import type { AgentView, Detector, DetectorState } from "./detector.ts";
import { makeFinding, makeScopeFinding } from "./finding.ts";
import type { PeerCount } from "./runner/peers.ts";
import { type Absence, absenceOf, improbableAt, isAlwaysOn } from "./silence/absence.ts";
import { counting, declared, FOREVER_MS, writtenDue } from "./silence/hours.ts";
import { learnPause, type Pauses, scoreOfPause } from "./silence/pauses.ts";
import * as rules from "./silence/rules.ts";
import { backStatement, SILENCE, sharedStatement, silentStatement } from "./silence/statements.ts";

const FLEET = { kind: "fleet", name: "fleet" } as const;

const NONE: readonly Finding[] = [];
const NO_PAUSES: Pauses = { all: 0, beyond: 0, excess: 0, most: 0 };

type Said = "no" | "agent" | "fleet";

interface SavedSilence {
  /** When the agent was last heard (the watch's clock); 0: never. */
  last: number;
  /** When to look again; 0: never. */
  due: number;
  /** From when on its pauses are known; 0: they are not. */
  since: number;
  /** Those that came and went without being said. */
  pauses: Pauses;
  said: Said;
  /**
   * How improbable the pause was up to this moment (0: up to `last`), by the baselines that were in force meanwhile: each
   * speaks of the hours from its own learning on.
   */
  judged?: { readonly to: number } & Absence;
}

class SilenceState implements DetectorState {
  last: number;
  due: number;
  since: number;
  pauses: Pauses;
  said: Said;
  judged: SavedSilence["judged"] | undefined;

  constructor({ last, due, since, pauses, said, judged }: SavedSilence) {
    this.last = last;
    this.due = due;
    this.since = since;
    this.pauses = pauses;
    this.said = said;
    this.judged = judged;
  }

  save(): SavedSilence {
    const { last, due, since, pauses, said, judged } = this;
    return { last, due, since, pauses, said, ...(judged !== undefined && { judged }) };
  }
}

/** When silence since the last event is worth a word; undefined: not as far as can be seen. */
function dueOf(state: SilenceState, view: AgentView): number | undefined {
  const { after } = view.settings.detectors[SILENCE];
  if (after !== undefined) return writtenDue(state.last, after, declared(view));
  const series = view.baseline?.find("calls", "");
  if (series?.ready !== true) return undefined;
  const isKnown = state.since > 0 && view.now - state.since > rules.KNOWN_AFTER_MS;
  const score = scoreOfPause(state.pauses, view.thresholds.evidence.page);
  const until = view.now + rules.LOOK_EVERY_MS;
  const judged = judgedOf(state);
  const limit = isKnown ? score : Math.max(score, rules.LEAST_SCORE);
  const missing = { score: limit - judged.score, steps: rules.LEAST_STEPS - judged.steps, until };
  const due = improbableAt(series, judged.to, missing, counting(view));
  return due === undefined ? undefined : Math.max(due, state.last + rules.LEAST_MS);
}

function judgedOf({ judged, last }: SilenceState): NonNullable<SavedSilence["judged"]> {
  return judged ?? { to: last, score: 0, calls: 0, steps: 0 };
}

function absence(state: SilenceState, view: AgentView, to: number): Absence {
  const judged = judgedOf(state);
  const series = view.baseline?.find("calls", "");
  if (series === undefined) return judged;
  const { score, calls, steps } = absenceOf(series, judged.to, to, counting(view));
  return { score: judged.score + score, calls: judged.calls + calls, steps: judged.steps + steps };
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
  if (settings.detectors[SILENCE].after !== undefined) return "warning";
  if (baseline !== undefined && isAlwaysOn(baseline, now)) return "warning";
  return expected >= rules.LEAST_PEERS && heard >= rules.HEARD_SHARE * expected ? "warning" : "info";
}

function say(state: SilenceState, view: AgentView): readonly Finding[] {
  const { now, position, baseline, settings } = view;
  const peers = peersOf(state, view);
  state.said = isShared(peers) ? "fleet" : "agent";
  if (state.said === "agent") {
    const { after } = settings.detectors[SILENCE];
    const missing = absence(state, view, now);
    return [makeFinding(view, silentStatement(view, state.last, missing, severityOf(view, peers), after))];
  }
  // A day off is no emergency; when nothing is heard of those that never rest, it is.
  const isAll = peers.heard === 0 && baseline !== undefined && isAlwaysOn(baseline, now);
  return [makeScopeFinding(FLEET, now, position, sharedStatement(view, state.last, peers, isAll))];
}

/** It logs again: what was said ends at once. */
function back({ last, said }: SilenceState, view: AgentView): readonly Finding[] {
  const statement = backStatement(view, last, said === "fleet");
  if (said === "fleet") return [makeScopeFinding(FLEET, view.now, view.position, statement)];
  return [makeFinding(view, statement)];
}

/** A pause that came and went by itself; short ones are counted, not judged. */
function endPause(state: SilenceState, view: AgentView): void {
  if (view.baseline?.find("calls", "")?.ready !== true) return;
  learnPause(state.pauses, view.now - state.last < rules.PAUSE_MS ? 0 : absence(state, view, view.now).score);
}

/** Every event is a sign of life, late ones included. */
export const silence: Detector<SilenceState> = {
  name: SILENCE,
  summary: "An agent that should be logging, by its own rhythm or by a written time, is not.",
  page: {
    ready: "From the first event with `after`; without it, once the agent's hours are known (seven days).",
    quieter: "Write a longer `after`, or `hours` outside which nothing is expected.",
    keys: ["hours", "timezone"],
  },
  stateVersion: 2,
  takes: { late: true },
  create: () => new SilenceState({ last: 0, due: 0, since: 0, pauses: { ...NO_PAUSES }, said: "no" }),
  load(saved, version) {
    if (version > 1) return new SilenceState(saved as SavedSilence);
    const { most, ...rest } = saved as Omit<SavedSilence, "pauses"> & { readonly most: number };
    return new SilenceState({ ...rest, pauses: { ...NO_PAUSES, most } });
  },
  onEvent(state, _event, view) {
    const findings = state.said === "no" ? NONE : back(state, view);
    if (state.said === "no" && state.last > 0) endPause(state, view);
    if (state.since === 0 && view.baseline?.find("calls", "")?.ready === true) state.since = view.now;
    if (state.due === 0 || state.said !== "no") state.due = view.now + rules.PAUSE_MS;
    state.said = "no";
    state.last = Math.max(state.last, view.now);
    state.judged = undefined;
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
  onBaseline(state, _record, view) {
    if (state.last > 0) state.judged = { ...absence(state, view, view.now), to: view.now };
    return NONE;
  },
  nextDue: ({ due }) => (due === 0 ? undefined : due),
};
