/** Puts together a finding: identity, place and the fields that most detectors leave at rest. */
import { hash } from "node:crypto";
import type { Finding } from "../schemas/finding.ts";
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
  const identity = `${statement.detector}\0${agent}\0${statement.subject}\0${position.partition}\0${position.offset}`;
  return {
    ...AT_REST,
    ...statement,
    id: hash("sha256", identity, "hex").slice(0, 16),
    scope: { kind: "agent", name: agent },
    agent,
    at: now,
    position,
  };
}
