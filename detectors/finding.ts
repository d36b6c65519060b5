/** Puts together a finding: identity, place and the fields that most detectors leave at rest. */
import { hash } from "node:crypto";
import type { Finding } from "../schemas/finding.ts";
import type { Position } from "../schemas/journal.ts";
import type { Scope } from "../schemas/scope.ts";
import type { AgentView } from "./detector.ts";

/** What a detector has to say itself. */
export type Statement = Pick<
  Finding,
  "detector" | "subject" | "severity" | "window" | "unit" | "observed" | "reason" | "title" | "facts" | "endReason"
> &
  Partial<Omit<Finding, "id" | "scope" | "agent" | "at" | "position">>;

const AT_REST = {
  episode: null,
  step: 0,
  expected: null,
  low: null,
  high: null,
  score: null,
  why: "",
  contributors: [],
  events: [],
  quietAfterMs: 0,
  endsAt: null,
} as const;

/** A finding about the agent in view. Its id follows from detector, subject and journal position: a replay makes the same. */
export function makeFinding(view: AgentView, statement: Statement): Finding {
  const { agent, position, now } = view;
  const id = identityOf(`${statement.detector}\0${agent}`, statement, position);
  return { ...AT_REST, ...statement, id, scope: { kind: "agent", name: agent }, agent, at: now, position };
}

/** A finding about a total that spans agents, or about Watchkeeper itself: it names no agent. */
export function makeScopeFinding(scope: Scope, at: number, position: Position, statement: Statement): Finding {
  const id = identityOf(`${statement.detector}\0\0${scope.kind}\0${scope.name}`, statement, position);
  return { ...AT_REST, ...statement, id, scope, agent: "", at, position };
}

function identityOf(about: string, { subject }: Statement, { partition, offset }: Position): string {
  return hash("sha256", `${about}\0${subject}\0${partition}\0${offset}`, "hex").slice(0, 16);
}
