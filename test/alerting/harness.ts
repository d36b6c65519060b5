/** A sender over an outbox that survives it, towards a Slack that is a local server. */
import { Writable } from "node:stream";
import { pino } from "pino";
import { Registry } from "prom-client";
import type { Change } from "../../alerting/change.ts";
import { type Clock, createSystemClock } from "../../alerting/clock.ts";
import type { Append, Put } from "../../alerting/ports.ts";
import { parseState } from "../../alerting/send/state-key.ts";
import { createSender, type Sender, type SenderOptions } from "../../alerting/sender.ts";
import { createSlackSink } from "../../alerting/sinks/slack.ts";
import { createTerminalSink } from "../../alerting/sinks/terminal.ts";
import { createAlertingTelemetry } from "../../alerting/telemetry.ts";
import type { Incident, NotificationRecord } from "../../schemas/incident.ts";
import { TOPICS } from "../../schemas/topics.ts";
import type { SlackServer } from "../fakes/slack-server.ts";

/** What is durable: state by key, and everything appended. */
export interface Outbox {
  readonly state: Map<string, string>;
  readonly notifications: NotificationRecord[];
  /** Writes fail while this is set. */
  failing: boolean;
}

export function createOutbox(): Outbox {
  return { state: new Map(), notifications: [], failing: false };
}

export interface Running {
  readonly sender: Sender;
  readonly registry: Registry;
  /** What the terminal showed. */
  readonly shown: () => string;
  readonly logged: () => string;
  /** Makes incidents durable, as the watch does, and hands them in. */
  tell(...incidents: readonly Incident[]): void;
  forget(...ids: readonly string[]): void;
  /** The process dies: nothing more is recorded. */
  crash(): Promise<void>;
  /** The partition goes to another owner. */
  handOver(): Promise<void>;
  /** Another process has taken the partition: nothing more is recorded, and what is under way goes on. */
  lose(): void;
  close(): Promise<void>;
}

export interface RunOptions extends Partial<Omit<SenderOptions, "telemetry">> {
  readonly token?: string;
  readonly clock?: Clock;
  /** How long a call of Slack's may take; default: longer than a busy machine takes. */
  readonly timeoutMs?: number;
  /** Whether nobody else can own the partition; default: always. */
  readonly isOwner?: () => boolean;
}

const TIMEOUT_MS = 20_000;

export function textSink() {
  let text = "";
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  return { stream, text: () => text };
}

export function runSender(server: SlackServer, outbox: Outbox, options: RunOptions = {}): Running {
  const registry = new Registry();
  const terminal = textSink();
  const log = textSink();
  let alive = true;
  let pending: () => number = () => 0;
  const telemetry = createAlertingTelemetry({ logger: pino(log.stream), registry, pending: () => pending() });
  const timezoneOf = () => "UTC";
  const slack = createSlackSink({
    token: options.token ?? server.token,
    apiUrl: server.url,
    timezoneOf,
    timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
  });
  const sender = createSender({
    sinks: [slack],
    fallback: createTerminalSink({ stream: terminal.stream, colors: false, timezoneOf }),
    channelOf: () => "#agent-alerts",
    groupForMs: 0,
    repeatEveryMs: 0,
    clock: createSystemClock(),
    random: () => 0,
    ...options,
    telemetry,
  });
  pending = () => sender.pending();
  const commit = async (puts: readonly Put[], appends: readonly Append[]) => {
    // A process that is dead writes nothing, and hears nothing either.
    if (!alive) return new Promise<void>(() => undefined);
    if (outbox.failing) throw new Error("the disk is full");
    for (const { key, value } of puts) {
      if (value === null) outbox.state.delete(key);
      else outbox.state.set(key, value);
    }
    for (const { topic, value } of appends) {
      if (topic === TOPICS.findings) outbox.notifications.push(JSON.parse(value) as NotificationRecord);
    }
  };
  const partition = sender.open({ commit, isOwner: options.isOwner ?? (() => true) });
  for (const [key, value] of outbox.state) {
    const state = parseState(key);
    if (state?.kind === "incident") partition.restoreIncident(JSON.parse(value) as Incident);
    else if (state !== undefined) partition.restoreSent(state.id, value);
  }
  partition.start();

  return {
    sender,
    registry,
    shown: terminal.text,
    logged: log.text,
    tell(...incidents) {
      for (const incident of incidents) outbox.state.set(`incident:${incident.id}`, JSON.stringify(incident));
      partition.handle(incidents.map((incident): Change => ({ kind: "changed", incident, arrivedAt: Date.now() })));
    },
    forget: (...ids) => partition.handle(ids.map((id): Change => ({ kind: "forgotten", id }))),
    async crash() {
      alive = false;
      slack.close();
      void sender.close(0);
    },
    handOver: () => partition.close(),
    lose() {
      alive = false;
    },
    close: () => sender.close(alive ? 3000 : 0),
  };
}
