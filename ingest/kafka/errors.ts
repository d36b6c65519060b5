/** What kafkajs throws, as errors of ours with a verdict; judged by its public fields: `name`, `type`, `retriable`. */
import { messageOf, WatchkeeperError } from "../../schemas/errors.ts";
import { FATAL, FENCED, isTlsFailure, MISSING, PASSES, TLS, TOO_LARGE, type Trouble } from "./error-table.ts";

/** What the failed call was about, for a message that names it. */
export interface KafkaErrorContext {
  readonly topic?: string;
  readonly group?: string;
}

/** What kafkajs's errors may carry. */
interface KafkaFields {
  readonly name?: unknown;
  readonly type?: unknown;
  readonly code?: unknown;
  readonly topic?: unknown;
  readonly retriable?: unknown;
  readonly cause?: unknown;
  readonly errors?: unknown;
}

/** How long what passes by itself is given. */
const RETRY_AFTER_MS = 2_000;
/** PRODUCER_FENCED, which kafkajs's table of codes does not have. */
const UNNAMED_FENCED = /^Unknown error code 90$/;
/** A plain Error of kafkajs about a connection that was lost between two requests. */
const UNNAMED_PASSING = /^Broker not connected$/;

/**
 * The verdict on anything that kafkajs threw; an error of ours in its chain of causes is given back as it is.
 *
 * - `log_unavailable` (retry, after 2 s): connections, elections, coordinators that load, too few replicas.
 * - `fenced` (fatal for this assignment, as with the embedded log): the producer or member is no longer the current one.
 * - `record_too_large` (poison): the broker's `message.max.bytes` or the topic's `max.message.bytes`.
 * - fatal: `kafka_auth_failed`, `kafka_tls_failed`, `kafka_not_authorized`, `kafka_topic_missing`,
 *   `kafka_offset_gone` (deleted by retention), `kafka_unsupported`, `kafka_refused`, and `kafka_failed` for the rest.
 */
export function classifyKafkaError(error: unknown, context: KafkaErrorContext = {}): WatchkeeperError {
  const chain = chainOf(error);
  const ours = chain.find((one) => one instanceof WatchkeeperError);
  if (ours !== undefined) return ours;
  const root = chain.at(-1);
  const trouble = chain.map(troubleOf).findLast((found) => found !== undefined) ?? lastWord(chain);
  const about = subject(chain, context);
  return new WatchkeeperError(`Kafka: ${messageOf(root)}${about === "" ? "" : ` (${about})`}`, {
    code: trouble.code,
    verdict: trouble.verdict,
    cause: error,
    ...(trouble.hint !== undefined && { hint: trouble.hint.replace("SUBJECT", about || "the topics and groups") }),
    ...(trouble === PASSES && { retryAfterMs: RETRY_AFTER_MS }),
  });
}

/** The error, what caused it, and so on; of several at once the first that does not pass by itself. */
function chainOf(error: unknown): unknown[] {
  const chain: unknown[] = [];
  for (let next = error; next !== undefined && next !== null && !chain.includes(next); ) {
    chain.push(next);
    const { cause, errors } = fieldsOf(next);
    const several: unknown[] = Array.isArray(errors) ? errors : [];
    next = cause ?? several.find((one) => fieldsOf(one).retriable !== true) ?? several[0];
  }
  return chain;
}

const fieldsOf = (error: unknown): KafkaFields => (typeof error === "object" && error !== null ? error : {});

function troubleOf(error: unknown): Trouble | undefined {
  const { name, type, code } = fieldsOf(error);
  for (const key of [type, name].filter((key) => typeof key === "string")) {
    if (FENCED.types.has(key)) return FENCED.trouble;
    if (MISSING.types.has(key)) return MISSING.trouble;
    if (TOO_LARGE.types.has(key)) return TOO_LARGE.trouble;
    const fatal = FATAL.find(({ types }) => types.has(key));
    if (fatal !== undefined) return fatal.trouble;
  }
  if (UNNAMED_FENCED.test(messageOf(error))) return FENCED.trouble;
  return isTlsFailure(code) ? TLS : undefined;
}

/** For what no table names: kafkajs says whether it is worth trying again. */
function lastWord(chain: readonly unknown[]): Trouble {
  const passes = chain.some((error) => {
    const { retriable, name, type } = fieldsOf(error);
    if (UNNAMED_PASSING.test(messageOf(error))) return true;
    return retriable === true || PASSING_NAMES.has(String(name)) || PASSING_TYPES.has(String(type));
  });
  return passes ? PASSES : { code: "kafka_failed", verdict: "fatal" };
}

/** Not retriable for the one request that saw them, but over in a moment. */
const PASSING_NAMES: ReadonlySet<string> = new Set([
  "KafkaJSNumberOfRetriesExceeded",
  "KafkaJSGroupCoordinatorNotFound",
  "KafkaJSTimeout",
  "KafkaJSLockTimeout",
]);
const PASSING_TYPES: ReadonlySet<string> = new Set([
  "UNKNOWN",
  "BROKER_NOT_AVAILABLE",
  "STALE_CONTROLLER_EPOCH",
  "STALE_BROKER_EPOCH",
  "OPERATION_NOT_ATTEMPTED",
]);

function subject(chain: readonly unknown[], context: KafkaErrorContext): string {
  const named = chain.map((error) => fieldsOf(error).topic).find((topic) => typeof topic === "string" && topic !== "");
  const topic = context.topic ?? named;
  const parts = [
    ...(topic === undefined ? [] : [`topic ${String(topic)}`]),
    ...(context.group === undefined ? [] : [`group ${context.group}`]),
  ];
  return parts.join(", ");
}
