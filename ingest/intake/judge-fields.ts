/** Judges the fields of a parsed line: whose it is, when it was, of which kind, and whether its fields fit. */
import {
  EVENT_KINDS,
  type EventKindInfo,
  type EventParser,
  MAX_NAME_LENGTH,
  type ProducedEvent,
} from "../../schemas/events/index.ts";
import type { EventKind } from "../../schemas/journal.ts";
import { type Refusal, refuse, shown } from "./refusal.ts";
import { parseTimestamp } from "./timestamp.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Fields that fit. */
export interface JudgedFields {
  readonly agent: string;
  /** Unix milliseconds. */
  readonly timestamp: number;
  readonly kind: EventKind;
  /** The action, the API or the decision. */
  readonly tool: string;
  readonly fields: ProducedEvent;
}

/** Control and format characters, line separators and half pairs: they have no place in a name that people read. */
const UNFIT_FOR_A_NAME = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;
const EXPECTED_TIME = "must be an ISO 8601 date and time such as 2026-01-27T14:32:15Z";
const KINDS = EVENT_KINDS.map(({ kind }) => `"${kind}"`).join(", ");

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === "";
}

/** The name without white space around it, which could only serve to look like another agent. */
function agentOf(value: unknown): string | Refusal {
  if (isAbsent(value)) return refuse("missing_agent", '"agent" is missing');
  if (typeof value !== "string") return refuse("wrong_type", `"agent" must be a string; found ${shown(value)}`);
  const agent = value.trim();
  if (agent === "") return refuse("missing_agent", '"agent" is blank');
  if (agent.length > MAX_NAME_LENGTH) {
    return refuse("invalid_agent", `"agent" must have at most ${MAX_NAME_LENGTH} characters; found ${agent.length}`);
  }
  if (UNFIT_FOR_A_NAME.test(agent)) {
    return refuse("invalid_agent", `"agent" must not hold control or invisible characters; found ${shown(agent)}`);
  }
  return agent;
}

function timeOf(value: unknown): number | Refusal {
  if (isAbsent(value)) return refuse("missing_timestamp", '"timestamp" is missing');
  const time = typeof value === "string" ? parseTimestamp(value.trim()) : undefined;
  return time ?? refuse("invalid_timestamp", `"timestamp" ${EXPECTED_TIME}; found ${shown(value)}`);
}

/** `kind` decides between several defining fields; alone it defines nothing. */
function kindOf(fields: Fields): EventKindInfo | Refusal {
  const present = EVENT_KINDS.filter(({ field }) => fields[field] !== undefined && fields[field] !== null);
  const [first] = present;
  if (isAbsent(fields.kind)) {
    if (first === undefined) return refuse("no_kind", 'one of "action", "decision" and "api" is needed; found none');
    if (present.length === 1) return first;
    const names = present.map(({ field }) => `"${field}"`).join(" and ");
    return refuse("ambiguous_kind", `found ${names}: say which it is with "kind", or send an event for each`);
  }
  const stated = EVENT_KINDS.find(({ kind }) => kind === fields.kind);
  if (stated === undefined) return refuse("wrong_type", `"kind" must be one of ${KINDS}; found ${shown(fields.kind)}`);
  if (present.includes(stated)) return stated;
  if (first === undefined) return refuse("no_kind", `"kind" is "${stated.kind}", but "${stated.field}" is missing`);
  return refuse(
    "kind_mismatch",
    `"kind" is "${stated.kind}", but "${stated.field}" is missing and "${first.field}" is there`,
  );
}

function at(fields: Fields, path: readonly PropertyKey[]): unknown {
  let value: unknown = fields;
  for (const key of path) {
    value =
      typeof value === "object" && value !== null ? (value as Readonly<Record<PropertyKey, unknown>>)[key] : undefined;
  }
  return value;
}

export function judgeFields(fields: Fields, parsers: Readonly<Record<EventKind, EventParser>>): JudgedFields | Refusal {
  const agent = agentOf(fields.agent);
  if (typeof agent !== "string") return agent;
  const timestamp = timeOf(fields.timestamp);
  if (typeof timestamp !== "number") return timestamp;
  const info = kindOf(fields);
  if ("code" in info) return info;
  const result = parsers[info.kind](fields);
  if (!result.success) {
    const told = result.error.issues.slice(0, 3).map(({ path, message }) => {
      return `"${path.join(".")}" must be ${message}; found ${shown(at(fields, path))}`;
    });
    return refuse("wrong_type", told.join(". "));
  }
  // The parsed line itself, not zod's copy: a copy could not hold a member named __proto__.
  return { agent, timestamp, kind: info.kind, tool: fields[info.field] as string, fields: fields as ProducedEvent };
}
