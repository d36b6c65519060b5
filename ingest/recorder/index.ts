/**
 * The recorder: one line of code in an agent for each thing it does.
 *
 *     const record = createRecorder({ agent: "competitor_monitor" });
 *     record.action("send_slack_message", { target: "#alerts", success: true });
 *     record.apiCall("openai", { endpoint: "/v1/chat", response_code: 200, cost: 0.041 });
 *     const search = record.wrap("web_search", searchTheWeb);
 *
 * Events go to a gateway, or to Kafka where KAFKA_BROKERS or the option `kafka` names it; the promises are the same.
 *
 * MUST
 * - Never throw into the agent, block it, or keep its process alive.
 * - Hold at most `maxBufferedBytes`; beyond it the oldest events go, counted in `stats().dropped`.
 * - Send again until answered; every event has an id, so what arrives twice counts once.
 */
import { createSending } from "./sending.ts";
import { toLine } from "./serialise.ts";
import { transportOf } from "./transport.ts";
import type { EventFields, Recorder, RecorderOptions } from "./types.ts";
import { wrapFunction } from "./wrap.ts";

export type { EventFields, FlushResult, Recorder, RecorderKafka, RecorderOptions, RecorderStats } from "./types.ts";

/**
 * Sends nothing until the first event. Never throws, whatever the options; without an agent's name every event is
 * refused by the gateway, which says so.
 */
export function createRecorder(given: RecorderOptions): Recorder {
  // Without types nothing keeps a caller from giving none.
  const options: RecorderOptions = given ?? { agent: "" };
  const now = options.now ?? Date.now;
  const sending = createSending({
    transport: transportOf(options),
    flushAfterMs: options.flushAfterMs ?? 1_000,
    maxBatch: Math.max(1, options.maxBatch ?? 500),
    maxBufferedBytes: options.maxBufferedBytes ?? 4 * 1024 ** 2,
    onError: options.onError ?? (() => undefined),
  });

  function record(named: "action" | "decision" | "api", name: string, fields: EventFields = {}): void {
    try {
      const line = toLine({
        ...(options.run === undefined ? {} : { run: options.run }),
        ...readable(fields),
        timestamp: timestampOf(fields, now),
        agent: options.agent,
        id: fields.id ?? globalThis.crypto.randomUUID(),
        [named]: name,
      });
      if (line === undefined) sending.drop(new Error(`An event "${named}" was too large to record.`));
      else sending.push(line);
    } catch (error) {
      sending.drop(new Error("An event could not be recorded.", { cause: error }));
    }
  }

  const recorder: Recorder = {
    action: (name, fields) => record("action", name, fields),
    decision: (name, fields) => record("decision", name, fields),
    apiCall: (api, fields) => record("api", api, fields),
    wrap: (name, fn) => wrapFunction(fn, now, (fields) => record("action", name, fields)),
    flush: sending.flush,
    stats: sending.stats,
    close: sending.close,
  };
  if (options.flushOnExit === true) {
    globalThis.process?.once("beforeExit", () => void recorder.flush());
  }
  return recorder;
}

/** Own fields, read one by one, so that one getter that throws costs one field. */
function readable(fields: EventFields): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const key of Object.keys(fields)) {
    try {
      out[key] = fields[key];
    } catch {
      out[key] = "[unreadable]";
    }
  }
  return out;
}

function timestampOf({ timestamp }: EventFields, now: () => number): string {
  if (typeof timestamp === "string") return timestamp;
  const moment = new Date(timestamp ?? now());
  return Number.isNaN(moment.getTime()) ? new Date(now()).toISOString() : moment.toISOString();
}
