/**
 * How many messages the tools of one agent take at once. Three; one more only where it is worse than all but two of
 * those that are told, so that whoever is loud first keeps nothing worse silent. What goes beyond is named in theirs.
 */
import { SEVERITY_RANK, type Severity } from "../../schemas/finding.ts";
import type { AgentView } from "../detector.ts";
import type { Spoken } from "../runner/speaking.ts";
import type { AmountState } from "../window/amounts.ts";
import type { Excess } from "../window/excess.ts";
import { ALL, ask, callsOf, NAME, usualOf } from "./calls.ts";

const MOST_SPEAKING = 3;
/** Times as far above the usual that is worse, as with what goes on and is news again. */
const WORSE = 1.5;

/** What silences a statement: for a note anything that is being said, for a page only pages. */
export const audible = (severity: Severity): Severity => (severity === "info" ? "info" : "warning");

/** Something that is told and still too much. */
export interface Rival {
  readonly subject: string;
  readonly excess: Excess;
}

function isAsLoud({ subject, severity, causes }: Spoken, rival: Excess, tool: string, asked: Excess): boolean {
  const rank = Math.max(SEVERITY_RANK[severity], SEVERITY_RANK[rival.severity]);
  if (rank < SEVERITY_RANK[asked.severity]) return false;
  // All calls together name it: it is told.
  return (subject === "" && causes.includes(tool)) || asked.ratio <= WORSE * rival.ratio;
}

/** In whose message a tool that would page is to be named; undefined: it has one of its own. */
export function namedBy(state: AmountState, view: AgentView, tool: string, excess: Excess): Rival | undefined {
  const speaking = view.speaking.of(NAME, view.now, "warning");
  if (speaking.some(({ subject }) => subject === tool)) return undefined;
  const rivals = speaking.flatMap((spoken): Rival[] => {
    const its = ask(state, view, spoken.subject);
    return its !== undefined && isAsLoud(spoken, its, tool, excess) ? [{ subject: spoken.subject, excess: its }] : [];
  });
  const all = rivals.find(({ subject }) => subject === "");
  if (all !== undefined || rivals.length < MOST_SPEAKING) return all;
  return rivals.reduce((worst, rival) => (rival.excess.ratio > worst.excess.ratio ? rival : worst));
}

/** Whether a note of a tool has no place among what is said. */
export function isBeyondNotes(view: AgentView, tool: string): boolean {
  const speaking = view.speaking.of(NAME, view.now);
  if (speaking.some(({ subject }) => subject === tool)) return false;
  return speaking.length >= MOST_SPEAKING || speaking.some(({ subject }) => subject === "");
}

/** What is left of an excess of all calls without that of the tools that are told; undefined: they explain it. */
export function besideTold(state: AmountState, view: AgentView, all: Excess): Excess | undefined {
  const speaking = view.speaking.of(NAME, view.now, audible(all.severity));
  const tools = speaking.flatMap(({ subject }) => (subject === "" ? [] : [subject]));
  if (tools.length === 0) return all;
  if (all.severity === "info") return undefined;
  const told = tools.reduce((sum, tool) => {
    return sum + Math.max(0, callsOf(state, view, tool) - (usualOf(state, view, tool) ?? 0));
  }, 0);
  const left = ask(state, view, "", state.hour.sum(ALL) - told);
  return left === undefined || left.severity === "info" ? undefined : { ...all, ...severityOf(left) };
}

const severityOf = ({ severity, score }: Excess): Pick<Excess, "severity" | "score"> => ({ severity, score });
