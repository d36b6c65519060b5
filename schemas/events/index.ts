/** The three kinds of events, each by the field that defines it. */
import { z } from "zod";
import type { EventKind } from "../journal.ts";
import { type ActionEvent, actionEvent, actionExample } from "./action.ts";
import { type ApiCallEvent, apiCallEvent, apiCallExample } from "./api-call.ts";
import { type DecisionEvent, decisionEvent, decisionExample } from "./decision.ts";

export { MAX_NAME_LENGTH } from "./envelope.ts";

/** Version of `EventRecord` and of table `events`. */
export const EVENT_SCHEMA_VERSION = 1;

/** An event as a producer writes it. */
export type ProducedEvent = ActionEvent | DecisionEvent | ApiCallEvent;

export interface EventKindInfo {
  readonly kind: EventKind;
  /** A line that has this field is of this kind. */
  readonly field: "action" | "decision" | "api";
  readonly schema: typeof actionEvent | typeof decisionEvent | typeof apiCallEvent;
  /** A valid line. */
  readonly example: string;
}

export const EVENT_KINDS: readonly EventKindInfo[] = [
  { kind: "action", field: "action", schema: actionEvent, example: actionExample },
  { kind: "decision", field: "decision", schema: decisionEvent, example: decisionExample },
  { kind: "api_call", field: "api", schema: apiCallEvent, example: apiCallExample },
];

/** Any of the three. For documents and occasional use; intake dispatches by field first, which is cheaper. */
export const anyEvent = z
  .union([actionEvent, decisionEvent, apiCallEvent])
  .meta({ title: "Event", description: "One thing that an agent did, decided or called." });

/** Judges a parsed line as an event of its kind. */
export type EventParser = (line: object) => z.ZodSafeParseResult<ProducedEvent>;

/** Compiles each kind's schema once, for the hot path. Throws when a schema cannot be compiled. */
export function compileEventParsers(): Readonly<Record<EventKind, EventParser>> {
  const [action, decision, apiCall] = [
    z.compile(actionEvent, { strict: true }),
    z.compile(decisionEvent, { strict: true }),
    z.compile(apiCallEvent, { strict: true }),
  ];
  return {
    action: (line) => action.safeParse(line),
    decision: (line) => decision.safeParse(line),
    api_call: (line) => apiCall.safeParse(line),
  };
}
