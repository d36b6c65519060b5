/** Builds the journal's record of an accepted line. */
import { hash } from "node:crypto";
import { EVENT_SCHEMA_VERSION, type ProducedEvent } from "../../schemas/events/index.ts";
import type { EventRecord } from "../../schemas/journal.ts";
import { countColumn, cut, errorColumn, NAME_CHARACTERS, nameColumn, textColumn } from "./columns.ts";
import { wholeNumberText } from "./json-text.ts";
import type { JudgedFields } from "./judge-fields.ts";
import { parseCost } from "./money.ts";
import type { Pricing } from "./prices.ts";
import type { ReadLine } from "./read-line.ts";
import { type Refusal, refuse, shown } from "./refusal.ts";
import { callSignature, outcomeSignature } from "./signature.ts";
import { clockMark, judgedAt } from "./timestamp.ts";
import type { LineSource } from "./verdict.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Draft = Mutable<Partial<EventRecord>>;

/** Response codes from here on are failures. */
const FIRST_FAILING_CODE = 400;

/** Copies what is there; absent columns are left out of the record. */
function copyColumns(draft: Draft, fields: ProducedEvent): void {
  const set = <K extends keyof Draft>(column: K, value: Draft[K] | null): void => {
    if (value !== undefined && value !== null) draft[column] = value as Draft[K];
  };
  set("run", nameColumn(fields.run));
  set("trigger", textColumn(fields.trigger));
  set("parent", nameColumn(fields.parent));
  set("environment", nameColumn(fields.environment));
  set("model", nameColumn(fields.model));
  set("credential", nameColumn(fields.credential));
  set("target", textColumn(fields.target));
  set("endpoint", textColumn(fields.endpoint));
  set("success", fields.success);
  set("error", errorColumn(fields.error));
  set("input_tokens", countColumn(fields.input_tokens));
  set("output_tokens", countColumn(fields.output_tokens));
  set("duration_ms", fields.duration_ms);
  set("bytes_out", countColumn(fields.bytes_out));
  set("cpu_percent", fields.cpu_percent);
  set("memory_bytes", countColumn(fields.memory_bytes));
  set("permission_level", fields.permission_level);
  set("approved_by", textColumn(fields.approved_by));
  if (fields.response_code !== undefined && fields.response_code !== null) {
    draft.response_code = Number(fields.response_code);
  }
}

function setCost(draft: Draft, fields: ProducedEvent, pricing: Pricing): Refusal | undefined {
  const cost = parseCost(fields.cost);
  const { model, input_tokens, output_tokens, judged_at } = draft;
  const usesTokens = input_tokens !== undefined || output_tokens !== undefined;
  if (cost?.kind === "wrong") return refuse("wrong_type", `"cost" ${cost.why}; found ${shown(fields.cost)}`);
  if (cost?.kind === "usd") {
    draft.cost = cost.amount;
    draft.cost_source = "reported";
  } else if (cost?.kind === "other") {
    draft.cost_original = cost.amount;
    draft.currency = cost.currency;
  } else if (model !== undefined && usesTokens) {
    const cached = countColumn(fields.cached_tokens) ?? 0;
    const use = { model, input: input_tokens ?? 0, output: output_tokens ?? 0, cached, at: judged_at ?? 0 };
    const computed = pricing(use);
    if (computed !== undefined) {
      draft.cost = computed;
      draft.cost_source = "computed";
    }
  }
  const shouldCost = draft.kind === "api_call" || model !== undefined || usesTokens;
  if (shouldCost && draft.cost === undefined) draft.unpriced = true;
  return undefined;
}

/** Text of a producer's own id; a number keeps all its digits. */
function ownId(id: ProducedEvent["id"], raw: string): string | undefined {
  if (id === undefined || id === null) return undefined;
  if (typeof id === "string") return cut(id, NAME_CHARACTERS);
  return Number.isSafeInteger(id) ? String(id) : (wholeNumberText(raw, "id") ?? String(id));
}

export function buildEvent(
  { raw, redactedId, redacted }: ReadLine,
  judged: JudgedFields,
  line: number,
  source: LineSource,
  pricing: Pricing,
): EventRecord | Refusal {
  const { agent, timestamp, kind, fields } = judged;
  const id = redactedId ?? ownId(fields.id, raw);
  const identity = id === undefined ? source.identify(line) : { id, source: "producer" as const };
  const clock = clockMark(timestamp, source.arrivedAt);
  const tool = cut(judged.tool, NAME_CHARACTERS);
  const event: Mutable<Omit<EventRecord, "raw">> = {
    type: "event",
    schema_version: EVENT_SCHEMA_VERSION,
    id: identity.id,
    id_source: identity.source,
    content: hash("sha256", raw).slice(0, 32),
    agent,
    kind,
    tool,
    timestamp,
    arrived_at: source.arrivedAt,
    judged_at: judgedAt(timestamp, source.arrivedAt, clock),
    clock,
  };
  if (source.backfill) event.backfill = true;
  copyColumns(event, fields);
  const refusal = setCost(event, fields, pricing);
  if (refusal !== undefined) return refusal;
  if (event.success === false || event.error !== undefined || (event.response_code ?? 0) >= FIRST_FAILING_CODE) {
    event.failed = true;
  }
  if (kind !== "decision") {
    event.call = callSignature(kind, tool, fields);
    event.outcome = outcomeSignature(event.success, event.error, fields);
  }
  if (redacted !== undefined) event.redacted = redacted;
  return Object.assign(event, { raw });
}
