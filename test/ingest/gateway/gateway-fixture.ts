/** A gateway on a free loopback port whose log is a list. */
import { randomUUID } from "node:crypto";
import { pino } from "pino";
import { Registry } from "prom-client";
import { createGateway } from "../../../ingest/gateway/gateway.ts";
import type { Gateway, GatewayOptions } from "../../../ingest/gateway/gateway-options.ts";
import { createIntake } from "../../../ingest/intake/intake.ts";
import type { LogAppend } from "../../../ingest/log/event-log.ts";
import type { DeadLetterRecord, EventRecord } from "../../../schemas/journal.ts";
import { TOPICS } from "../../../schemas/topics.ts";

export const ARRIVAL = Date.UTC(2026, 0, 27, 14, 32, 20);

/** What changes something asks for. */
export const TOKEN = "a-token-of-the-tests";

export const ACTION =
  '{"timestamp":"2026-01-27T14:32:15Z","agent":"competitor_monitor","action":"send_slack_message","success":true}';
export const DECISION =
  '{"timestamp":"2026-01-27T14:32:14Z","agent":"competitor_monitor","decision":"alert_price_change","threshold":"10%"}';

export interface RunningGateway {
  readonly gateway: Gateway;
  readonly url: string;
  readonly registry: Registry;
  /** Every `append`, in order. */
  readonly appends: (readonly LogAppend[])[];
  readonly logs: string[];
  events(): EventRecord[];
  letters(): DeadLetterRecord[];
  post(body: NonNullable<RequestInit["body"]>, headers?: Record<string, string>, query?: string): Promise<Response>;
}

type Changes = Partial<Omit<GatewayOptions, "limits">> & { readonly limits?: Partial<GatewayOptions["limits"]> };

export async function startGateway(changes: Changes = {}): Promise<RunningGateway> {
  const appends: (readonly LogAppend[])[] = [];
  const logs: string[] = [];
  const registry = new Registry();
  const gateway = createGateway({
    intake: createIntake({ lineBytes: 64 * 1024, prices: [] }),
    append: async (records) => void appends.push(records),
    auth: { changes: TOKEN },
    listen: { host: "127.0.0.1", port: 0 },
    now: () => ARRIVAL,
    randomId: randomUUID,
    logger: pino({ level: "trace" }, { write: (line: string) => void logs.push(line) }),
    registry,
    health: { live: () => true, ready: async () => [{ name: "log", ok: true }] },
    incidents: { list: async () => [], say: async () => ({}) },
    metrics: () => registry.metrics(),
    ...changes,
    limits: { bodyBytes: 64 * 1024 ** 2, eventsPerSecond: 50_000, ...changes.limits },
  });
  await gateway.start();
  const of = <T>(topic: string): T[] =>
    appends
      .flat()
      .filter((r) => r.topic === topic)
      .map((r) => JSON.parse(r.value) as T);
  return {
    gateway,
    url: gateway.url,
    registry,
    appends,
    logs,
    events: () => of<EventRecord>(TOPICS.journal),
    letters: () => of<DeadLetterRecord>(TOPICS.dead),
    post: (body, headers = { "content-type": "application/x-ndjson" }, query = "") =>
      fetch(`${gateway.url}/v1/events${query}`, { method: "POST", body, headers }),
  };
}
