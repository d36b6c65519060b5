/** Silence in words. */
import type { Severity } from "../../schemas/finding.ts";
import type { AgentView } from "../detector.ts";
import type { Statement } from "../finding.ts";
import type { PeerCount } from "../runner/peers.ts";
import { durationText } from "../text/durations.ts";
import { plural } from "../text/numbers.ts";
import type { Absence } from "./absence.ts";
import { GONE_MS } from "./rules.ts";

export const SILENCE = "silence";

function clockText({ zones, settings }: AgentView, at: number): string {
  return `${zones.clock(settings.timezone, at)} ${zones.city(settings.timezone)}`;
}

const about = { detector: SILENCE, subject: "", unit: "calls" } as const;
const atRest = { quietAfterMs: GONE_MS, endReason: "gone for 2 days" } as const;

/** One agent is silent. `after`: the time that somebody wrote. */
export function silentStatement(
  view: AgentView,
  last: number,
  { calls, score }: Absence,
  severity: Severity,
  after: number | undefined,
): Statement {
  const { now } = view;
  const every = calls > 0 ? `expected: a call every ${durationText((now - last) / calls)}` : "";
  const allowed = after === undefined ? every : `allowed: ${durationText(after)}`;
  return {
    ...about,
    ...atRest,
    severity,
    window: { from: last, to: now },
    observed: 0,
    expected: calls,
    score: after === undefined ? score : null,
    reason: after === undefined ? "below_baseline" : "configured_limit",
    title: `has logged nothing for ${durationText(now - last)}`,
    facts: [`last event at ${clockText(view, last)}`, allowed].filter(Boolean),
    why: "it stopped, nobody starts it, or its events do not arrive",
    events: view.recent.last(),
  };
}

/** Many are silent together: one cause, told once for all. `isAll`: even those that never rest. */
export function sharedStatement(
  view: AgentView,
  last: number,
  { expected, heard }: PeerCount,
  isAll: boolean,
): Statement {
  const all = expected + 1;
  return {
    ...about,
    ...atRest,
    severity: isAll ? "warning" : "info",
    window: { from: last, to: view.now },
    observed: heard,
    expected: all,
    reason: "shared_silence",
    title: isAll ? "no agent logs any more" : `${all - heard} of ${plural(all, "agent")} log nothing`,
    facts: [`since about ${clockText(view, last)}`, `by their own rhythm all ${all} should`],
    why: isAll ? "a deploy, a network or their way to Watchkeeper" : "a holiday, a deploy or a network",
  };
}

/** It is over. */
export function backStatement(view: AgentView, last: number, isShared: boolean): Statement {
  const { now } = view;
  return {
    ...about,
    severity: "info",
    window: { from: last, to: now },
    observed: 1,
    reason: "logs_again",
    title: isShared ? "agents logged nothing" : `logged nothing for ${durationText(now - last)}`,
    facts: [`last event before at ${clockText(view, last)}`],
    quietAfterMs: 1,
    endReason: "it logs again",
  };
}
