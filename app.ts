/**
 * The composition root: the one place that knows every room. Each part is built in order and leaves what closes it on
 * a stack, so that a start that fails half-way and a stop take the same way back.
 */
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { ClickHouseClient } from "@clickhouse/client";
import type { Logger } from "pino";
import { collectDefaultMetrics, Registry } from "prom-client";
import { createSystemClock } from "./alerting/clock.ts";
import { startHeartbeat } from "./alerting/heartbeat.ts";
import { createIncidentBook, type IncidentBook } from "./alerting/incident-book.ts";
import { listIncidents } from "./alerting/incident-view.ts";
import { createRouter } from "./alerting/send/route.ts";
import { createSender, type Sender } from "./alerting/sender.ts";
import { createSinks } from "./alerting/sinks/registry.ts";
import { type AlertingTelemetry, createAlertingTelemetry } from "./alerting/telemetry.ts";
import { createWatch } from "./alerting/watch.ts";
import { clickhouseCells } from "./detectors/learning/clickhouse-cells.ts";
import { learnFleet } from "./detectors/learning/learn.ts";
import { type LearnCause, type Learning, startLearning } from "./detectors/learning/schedule.ts";
import { DETECTORS } from "./detectors/registry.ts";
import { createSettings } from "./detectors/runner/settings.ts";
import { createRunner } from "./detectors/runner.ts";
import { createDetectorTelemetry, type DetectorTelemetry } from "./detectors/telemetry.ts";
import { createBackup } from "./ingest/backup/backup.ts";
import { type CloseStack, createCloseStack } from "./ingest/close-stack.ts";
import { removeConnection, writeConnection } from "./ingest/data-directory/connection-file.ts";
import { lockDataDirectory } from "./ingest/data-directory/lock.ts";
import { createGate, type Gate } from "./ingest/gate.ts";
import { createGateway } from "./ingest/gateway/gateway.ts";
import type { Gateway, GatewayOptions, HealthCheck, IncidentFilter } from "./ingest/gateway/gateway-options.ts";
import { createIntake } from "./ingest/intake/intake.ts";
import { openEmbeddedLog } from "./ingest/log/embedded-log.ts";
import type { EventLog } from "./ingest/log/event-log.ts";
import { startLogRetention } from "./ingest/log/log-retention.ts";
import { createRejection } from "./ingest/rejection.ts";
import type { Settings } from "./ingest/settings/settings.ts";
import { type StoreSide, startStoreSide } from "./ingest/store-side.ts";
import { startWatch } from "./ingest/watch-reader.ts";
import { TABLES } from "./schemas/clickhouse/tables.ts";
import { type Config, type WatchConfig, watchConfigOf } from "./schemas/config.ts";
import type { ConfigRecord } from "./schemas/journal.ts";
import { TOPICS } from "./schemas/topics.ts";

export interface AppOptions {
  readonly settings: Settings;
  /** Where alerts are shown when there is no Slack token. */
  readonly terminal: NodeJS.WriteStream;
  readonly logger: Logger;
  /** Version of this program, for manifests. */
  readonly version: string;
}

export interface App {
  /** Where the gateway listens. */
  readonly url: string;
  /** Rejects with what ended a part that the rest cannot do without; never resolves. */
  readonly failed: Promise<never>;
  /** Resolves when what was learned from history that came in until now is in force. */
  learnNow(): Promise<void>;
  /** Finishes what is in hand and closes every part, the last one opened first. */
  stop(): Promise<void>;
}

/** Waits, at most until the signal aborts; never rejects. */
const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
  delay(ms, undefined, { signal }).catch(() => undefined);
const now = (): number => Date.now();

interface Parts {
  readonly settings: Settings;
  readonly config: Config;
  readonly dataDirectory: string;
  readonly logger: Logger;
  readonly registry: Registry;
  readonly detection: DetectorTelemetry;
  readonly stack: CloseStack;
  /** Everything from outside passes here on its way to the log. */
  readonly intakeGate: Gate;
  readonly fail: (error: unknown) => void;
}

/** Starts everything; resolves when events are taken in, stored and judged. */
export async function start({ settings, terminal, logger, version }: AppOptions): Promise<App> {
  const stack = createCloseStack(logger);
  const { promise: failed, reject: fail } = createRejection();
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const dataDirectory = resolve(settings.environment.dataDir);
  const detection = createDetectorTelemetry({ logger, registry });
  const intakeGate = createGate();
  const { config } = settings;
  const parts: Parts = { settings, config, dataDirectory, logger, registry, detection, stack, intakeGate, fail };
  try {
    const lock = await lockDataDirectory(dataDirectory, "up");
    stack.push("data directory", () => lock.release());
    const log = await startLog(parts);
    const watch = startWatchSide(parts, log, terminal);
    const store = await startStoreRoom(parts, log);
    const health = () => checks(log, watch, store);
    startHeartbeats(parts, watch, health);
    const token = settings.environment.http.token ?? randomBytes(24).toString("base64url");
    const backup = createBackup({
      ...{ dataDirectory, log, store: store.embedded, program: version, now, logger },
      holdIntake: intakeGate.hold,
    });
    const routes = { incidents: watch.incidents, backup: { token, run: backup.run } };
    const gateway = await startGateway(parts, log, health, routes);
    stack.push("backup", backup.stop);
    await writeConnection(dataDirectory, { url: gateway.url, token, store: store.reader });
    stack.push("connection file", () => removeConnection(dataDirectory));
    return { url: gateway.url, failed, learnNow: store.learnNow, stop: stack.close };
  } catch (error) {
    await stack.close();
    throw error;
  }
}

/** Opens the event log, announces the configuration in force, and keeps the log within its bounds. */
async function startLog({ config, dataDirectory, logger, stack }: Parts): Promise<EventLog> {
  const log = await openEmbeddedLog({
    directory: join(dataDirectory, "log"),
    limitBytes: config.limits.journalBytes,
    now,
    logger,
  });
  stack.push("event log", () => log.close());
  await log.broadcast(TOPICS.journal, JSON.stringify(configRecord(watchConfigOf(config))));
  const retention = startLogRetention({ log, retentionMs: config.retention.journal, now, logger });
  stack.push("retention", retention.stop);
  return log;
}

function configRecord(config: WatchConfig): ConfigRecord {
  const hash = createHash("sha256").update(JSON.stringify(config)).digest("hex").slice(0, 16);
  return { type: "config", at: now(), hash, config };
}

interface StoreRoom extends StoreSide {
  learnNow(): Promise<void>;
}

/** The store, and what learns from it. Nothing that decides or sends an alert waits for these. */
async function startStoreRoom(parts: Parts, log: EventLog): Promise<StoreRoom> {
  const { settings, config, dataDirectory, logger, registry, stack, fail } = parts;
  let learning: Learning | undefined;
  const side = await startStoreSide({
    ...{ log, config, logger, registry, now, sleep, fail },
    outside: settings.environment.clickhouse,
    directory: join(dataDirectory, "store"),
    onWriting(client, database) {
      learning = startLearning({ ...learningOf(parts, log, client, database), now });
      // What was learned before a stop may have run out meanwhile.
      learning.requestSoon();
    },
    onStored: ({ backfillRows }) => {
      if (backfillRows > 0) learning?.requestSoon();
    },
  });
  stack.push("store", () => side.stop());
  stack.push("learning", async () => learning?.stop());
  return { ...side, learnNow: async () => learning?.learnNow() };
}

function learningOf({ config, detection }: Parts, log: EventLog, client: ClickHouseClient, database: string) {
  const settingsOf = createSettings(watchConfigOf(config));
  return {
    schedule: config.baselines.schedule,
    learn: (_cause: LearnCause, signal: AbortSignal) =>
      learnFleet({
        ...{ settingsOf, signal, now: now(), cellSource: clickhouseCells(client) },
        toolLimit: config.limits.toolsPerAgent,
        append: (record) => log.append([{ topic: TOPICS.journal, key: record.agent, value: JSON.stringify(record) }]),
        insertRows: async (rows) => {
          await client.insert({ table: `${database}.${TABLES.baselines}`, values: rows, format: "JSONEachRow" });
        },
      }),
    onStart: detection.learningStarted,
    onDone: detection.learned,
    onFailed: detection.learningFailed,
  };
}

interface WatchSide {
  behindMs(): number;
  readonly sender: Sender;
  readonly telemetry: AlertingTelemetry;
  incidents(filter: IncidentFilter): Promise<readonly object[]>;
}

/** Detectors, incidents and sends. */
function startWatchSide(parts: Parts, log: EventLog, terminal: NodeJS.WriteStream): WatchSide {
  const { settings, config, logger, registry, stack, fail } = parts;
  const { sinks, fallback } = createSinks({
    config,
    slackToken: settings.environment.slack.botToken,
    slackApiUrl: settings.environment.slack.apiUrl,
    stream: terminal,
    noColor: (process.env.NO_COLOR ?? "") !== "",
  });
  const telemetry = createAlertingTelemetry({ logger, registry, pending: () => sender.pending() });
  const sender: Sender = createSender({
    ...{ sinks, telemetry, clock: createSystemClock(), random: Math.random },
    ...(fallback === undefined ? {} : { fallback }),
    channelOf: createRouter(config, settings.slackChannel ?? ""),
    groupForMs: config.alerts.groupFor,
    repeatEveryMs: config.alerts.repeatEvery,
  });
  const books = new Map<number, IncidentBook>();
  const watch = startWatch({
    ...{ log, logger, registry, now, sleep },
    recentIds: config.limits.recentIds,
    openCore({ partition, commit, isOwner }) {
      const book = createIncidentBook({ partition });
      books.set(partition, book);
      const judge = createRunner({
        ...{ detectors: DETECTORS, partition },
        onFailure: parts.detection.detectorFailed,
        onEvicted: parts.detection.agentEvicted,
      });
      return createWatch({ judge, book, telemetry, outlet: sender.open({ commit, isOwner }) });
    },
  });
  watch.done.catch(fail);
  // The sender records what it sent through the watch's partitions, so it ends first.
  stack.push("watch", () => watch.stop());
  stack.push("sends", () => sender.close());
  return {
    ...{ sender, telemetry, behindMs: watch.behindMs },
    incidents: async (filter) =>
      listIncidents(
        [...books.values()].flatMap((book) => book.list()),
        filter,
      ),
  };
}

async function startGateway(
  { settings, config, logger, registry, stack, intakeGate }: Parts,
  log: EventLog,
  ready: () => Promise<readonly HealthCheck[]>,
  routes: Pick<GatewayOptions, "incidents"> & { readonly backup: NonNullable<GatewayOptions["backup"]> },
): Promise<Gateway> {
  const { http } = settings.environment;
  const gateway = createGateway({
    intake: createIntake({ lineBytes: config.limits.lineBytes, prices: config.prices }),
    append: (records) => intakeGate.pass(() => log.append(records)),
    ...{
      limits: config.limits,
      auth: { token: http.token },
      listen: { host: http.host, port: http.port },
      now,
      randomId: randomUUID,
    },
    ...{ ...routes, logger, registry, metrics: () => registry.metrics() },
    health: { live: () => true, ready },
  });
  stack.push("gateway", () => gateway.stop());
  await gateway.start();
  return gateway;
}

function startHeartbeats({ config, stack }: Parts, watch: WatchSide, health: () => Promise<HealthCheck[]>): void {
  if (config.heartbeat === undefined) return;
  const { url, every } = config.heartbeat;
  const problems = async (): Promise<string[]> => {
    const failing = (await health()).filter(({ ok }) => !ok).map(({ name, detail }) => `${name}: ${detail}`);
    return [...failing, ...watch.sender.health().problems];
  };
  const heartbeat = startHeartbeat({ url, everyMs: every, problems, telemetry: watch.telemetry });
  stack.push("heartbeat", () => heartbeat.stop());
}

/** The oldest record that the watch has not judged may be this old before it counts as stuck. */
const WATCH_STUCK_MS = 60_000;

/**
 * What `/readyz` looks at. A store that does not answer and a Slack that refuses are said here, but do not turn
 * events away: they are taken in, judged and kept all the same.
 */
async function checks(log: EventLog, watch: WatchSide, store: StoreSide): Promise<HealthCheck[]> {
  const behindMs = watch.behindMs();
  const sends = watch.sender.health();
  return [
    { name: "log", ...log.health() },
    { name: "watch", ok: behindMs < WATCH_STUCK_MS, detail: `${Math.round(behindMs / 1000)} s behind` },
    { name: "store", ok: true, detail: store.state() },
    { name: "sends", ok: true, detail: sends.ok ? "nothing refused" : sends.problems.join(" ") },
  ];
}
