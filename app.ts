/**
 * The composition root: the one place that knows every room. Each part of the roles that run here is built in order and
 * leaves what closes it on a stack, so that a start that fails half-way and a stop take the same way back.
 */
import { randomBytes, randomUUID } from "node:crypto";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";
import { collectDefaultMetrics, Registry } from "prom-client";
import { type Alerts, createAlerts } from "./alerting/alerts.ts";
import { startHeartbeat } from "./alerting/heartbeat.ts";
import { createHeldCores } from "./alerting/held-cores.ts";
import { createIncidentBook } from "./alerting/incident-book.ts";
import { createIncidentDesk } from "./alerting/incident-desk.ts";
import { followIncidents, type IncidentList } from "./alerting/incident-list.ts";
import { createWatch } from "./alerting/watch.ts";
import { startFleetLearning } from "./detectors/learning/fleet-learning.ts";
import type { LedLearning } from "./detectors/learning/led-learning.ts";
import { createPartitionJudge } from "./detectors/partition-judge.ts";
import { learnsExpected } from "./detectors/registry.ts";
import { createDetectorTelemetry, type DetectorTelemetry } from "./detectors/telemetry.ts";
import { createBackup } from "./ingest/backup/backup.ts";
import { type CloseStack, createCloseStack } from "./ingest/close-stack.ts";
import { removeConnection, writeConnection } from "./ingest/data-directory/connection-file.ts";
import { lockDataDirectory } from "./ingest/data-directory/lock.ts";
import { createGate, type Gate } from "./ingest/gate.ts";
import { portMustBeFree } from "./ingest/gateway/free-port.ts";
import { createGateway } from "./ingest/gateway/gateway.ts";
import type { Gateway, GatewayOptions, HealthCheck } from "./ingest/gateway/gateway-options.ts";
import { healthChecks } from "./ingest/health-checks.ts";
import { type Inlet, startInlet } from "./ingest/inlet.ts";
import { createIntake, type Intake } from "./ingest/intake/intake.ts";
import type { LogAppend } from "./ingest/log/event-log.ts";
import { clientIdOf, type OpenedLog, openLog } from "./ingest/log/open-log.ts";
import { createRejection } from "./ingest/rejection.ts";
import { startLagWatch } from "./ingest/self/lag-watch.ts";
import { stuckGroups } from "./ingest/self/stuck-groups.ts";
import type { Roles } from "./ingest/settings/roles.ts";
import type { Settings } from "./ingest/settings/settings.ts";
import { settledBy } from "./ingest/settled-by.ts";
import { mustBeOnlyStore, stayOnlyStore, storeClientId } from "./ingest/store/only-store.ts";
import { type StoreSide, startStoreSide } from "./ingest/store-side.ts";
import { configAppend, configHash, writeFirstConfig } from "./ingest/watch/config-record.ts";
import { startWatch, type Watch } from "./ingest/watch-reader.ts";
import { type Config, watchConfigOf } from "./schemas/config.ts";
import { messageOf } from "./schemas/errors.ts";
import type { Incident } from "./schemas/incident.ts";
import { SELF } from "./schemas/self.ts";
import { TOPICS } from "./schemas/topics.ts";

export interface AppOptions {
  readonly settings: Settings;
  /** What this process does; without Kafka it must be everything. */
  readonly roles: Roles;
  /** Where alerts are shown when there is no Slack token. */
  readonly terminal: NodeJS.WriteStream;
  readonly logger: Logger;
  /** Version of this program, for manifests. */
  readonly version: string;
}

export interface App {
  /** Where events, incidents and health are asked for. */
  readonly url: string;
  /** Rejects with what ended a part that the rest cannot do without; never resolves. */
  readonly failed: Promise<never>;
  /** Resolves when what was learned from history that came in until now is in force; at once where nothing learns. */
  learnNow(): Promise<void>;
  /** Finishes what is in hand and closes every part, the last one opened first; takes at most some nine seconds. */
  stop(): Promise<void>;
}

/** Waits, at most until the signal aborts; never rejects. */
const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
  delay(ms, undefined, { signal }).catch(() => undefined);
const now = (): number => Date.now();

interface Parts {
  readonly settings: Settings;
  readonly config: Config;
  readonly roles: Roles;
  readonly dataDirectory: string;
  readonly clientId: string;
  readonly logger: Logger;
  readonly registry: Registry;
  readonly detection: DetectorTelemetry;
  readonly stack: CloseStack;
  /** Everything from outside passes here on its way to the log. */
  readonly intakeGate: Gate;
  readonly fail: (error: unknown) => void;
}

/** Starts the roles; resolves when what comes in is taken in, stored, judged and shown, as far as it is done here. */
export async function start({ settings, roles, terminal, logger, version }: AppOptions): Promise<App> {
  const stack = createCloseStack(logger);
  const { promise: failed, reject: fail } = createRejection();
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const { config, environment } = settings;
  const dataDirectory = resolve(environment.dataDir);
  const parts: Parts = {
    ...{ settings, config, roles, dataDirectory, logger, registry, stack, fail },
    intakeGate: createGate(),
    clientId: storeClientId(clientIdOf(dataDirectory), roles.has("store") && environment.clickhouse === undefined),
    detection: createDetectorTelemetry({ logger, registry }),
  };
  try {
    const lock = await lockDataDirectory(dataDirectory, "up");
    stack.push("data directory", () => lock.release());
    await portMustBeFree(environment.http);
    const opened = await startLog(parts);
    const intake = createIntake({ lineBytes: config.limits.lineBytes, prices: config.prices });
    const watch = roles.has("watch") ? startWatchSide(parts, opened, terminal) : undefined;
    const store = roles.has("store") ? await startStoreRoom(parts, opened) : undefined;
    const inlet = roles.has("intake") ? startInletSide(parts, opened, intake) : undefined;
    const web = roles.has("web") ? startIncidents(parts, opened, watch) : undefined;
    const health = async () => healthChecks({ ...opened, ...watch, store, inlet, incidents: web?.followed });
    if (watch !== undefined) startHeartbeats(parts, opened, watch, health);
    // What is posted first is judged by the configuration, not before it.
    if (watch !== undefined && opened.cluster === undefined) await Promise.race([watch.watch.opened, failed]);
    const token = environment.http.token ?? randomBytes(24).toString("base64url");
    const backup = createBackup({
      ...{ dataDirectory, log: opened.log, store: store?.embedded, program: version, now, logger },
      hasStore: store !== undefined,
      holdIntake: parts.intakeGate.hold,
    });
    const append = (record: LogAppend) => parts.intakeGate.pass(() => opened.log.append([record]));
    const gateway = await startGateway(parts, opened, {
      auth: { token: environment.http.token, changes: token },
      intake: roles.has("gateway") ? intake : undefined,
      incidents: web && createIncidentDesk({ incidents: web.incidents, append, learnsExpected, now }),
      backup: backup.run,
      health: { live: () => true, ready: health },
    });
    stack.push("backup", backup.stop);
    const reader = store?.reader ?? environment.clickhouse;
    await writeConnection(dataDirectory, {
      url: gateway.url,
      token,
      ...(reader === undefined ? {} : { store: reader }),
    });
    stack.push("connection file", () => removeConnection(dataDirectory));
    return { url: gateway.url, failed, learnNow: async () => store?.learnNow(), stop: stack.close };
  } catch (error) {
    await stack.close();
    throw error;
  }
}

async function startLog({ settings, stack, ...parts }: Parts): Promise<OpenedLog> {
  const opened = await openLog({ ...parts, kafka: settings.environment.kafka, now, sleep });
  stack.push("event log", opened.close);
  const config = watchConfigOf(parts.config);
  // The one process of the embedded log opens every partition with it before anything is posted.
  if (opened.cluster !== undefined) {
    const { logger } = parts;
    await writeFirstConfig({ ...opened, config, now, sleep, random: Math.random, logger });
  }
  return opened;
}

interface StoreRoom extends StoreSide {
  learnNow(): Promise<void>;
}

/** The store, and what learns from it. Nothing that decides or sends an alert waits for these. */
async function startStoreRoom(parts: Parts, { log, cluster }: OpenedLog): Promise<StoreRoom> {
  const { settings, config, dataDirectory, logger, registry, stack, fail, clientId, detection } = parts;
  const outside = settings.environment.clickhouse;
  const others = cluster && { members: cluster.members, clientId, isEmbedded: outside === undefined, sleep };
  if (others !== undefined) await mustBeOnlyStore(others);
  let learning: LedLearning | undefined;
  const side = await startStoreSide({
    ...{ log, config, logger, registry, now, sleep, fail, outside },
    directory: join(dataDirectory, "store"),
    followTopic: cluster?.follow,
    onLead(lead, client, database) {
      learning = startFleetLearning({
        ...{ lead, config, client, database, now, telemetry: detection },
        append: (record) => log.append([{ topic: TOPICS.journal, key: record.agent, value: JSON.stringify(record) }]),
        broadcast: (record) => log.broadcast(TOPICS.journal, JSON.stringify(record)),
      });
      return learning;
    },
  });
  stack.side().push("store", side.stop);
  if (others !== undefined) {
    const staying = stayOnlyStore({ ...others, logger, fail });
    stack.push("look for other stores", async () => staying.stop());
  }
  return { ...side, learnNow: async () => learning?.learnNow() };
}

interface WatchSide extends Alerts {
  readonly watch: Watch;
  /** Whether this process watches Watchkeeper itself: one of all does. */
  isResponsible(): boolean;
  /** Of the partitions that are watched here. */
  incidents(): readonly Incident[];
}

/** Detectors, incidents and sends. */
function startWatchSide(
  parts: Parts,
  { log, cluster, size, retentionMs }: OpenedLog,
  terminal: NodeJS.WriteStream,
): WatchSide {
  const { settings, config, logger, registry, stack, fail, detection } = parts;
  const noColor = (process.env.NO_COLOR ?? "") !== "";
  const { slack } = settings.environment;
  const { slackChannel } = settings;
  const isShared = cluster !== undefined;
  const alerts = createAlerts({ config, slack, slackChannel, terminal, noColor, isShared, logger, registry });
  const { sender, telemetry } = alerts;
  const watchConfig = watchConfigOf(config);
  const hash = configHash(watchConfig);
  const held = createHeldCores();
  const watch = startWatch({
    ...{ log, logger, registry, now, sleep },
    recentIds: config.limits.recentIds,
    openCore({ partition, commit, isOwner }) {
      const book = createIncidentBook({ partition });
      const judge = createPartitionJudge({ partition, telemetry: detection });
      const core = createWatch({ judge, book, telemetry, now, outlet: sender.open({ commit, isOwner }) });
      const opening = () => (judge.configHash() === hash ? [] : [configAppend(watchConfig, now())]);
      return held.hold({ ...core, opening }, { partition, book, isOwner });
    },
  });
  watch.done.catch(fail);
  const isResponsible = () => held.isOwner(log.partitionOf(SELF));
  const lagWatch = startLagWatch({ log, size, retentionMs, isResponsible, logger, registry, now, sleep });
  // The sender records what it sent through the watch's partitions, so it ends first.
  const side = stack.side();
  side.push("watch", watch.stop);
  side.push("sends", (late) => settledBy(sender.close(), late));
  stack.side().push("lag watch", lagWatch.stop);
  return { ...alerts, watch, incidents: held.incidents, isResponsible };
}

/** The inlet is Kafka's: nobody else can write into the embedded log. */
function startInletSide(parts: Parts, { log, cluster }: OpenedLog, intake: Intake): Inlet | undefined {
  if (cluster === undefined) return undefined;
  const { logger, registry, stack, fail } = parts;
  const inlet = startInlet({ log, intake, logger, registry, now, sleep });
  inlet.done.catch(fail);
  stack.side().push("inlet", inlet.stop);
  return inlet;
}

interface ShownIncidents {
  incidents(): Promise<readonly Incident[]>;
  readonly followed?: IncidentList;
}

/** With Kafka other processes watch too, so incidents are read where all of them write. */
function startIncidents(
  { logger, stack }: Parts,
  { cluster }: OpenedLog,
  watch: WatchSide | undefined,
): ShownIncidents {
  if (cluster === undefined) return { incidents: async () => watch?.incidents() ?? [] };
  const onFailed = (error: unknown) =>
    logger.warn({ error: messageOf(error) }, "incidents cannot be read; trying again");
  const followed = followIncidents({ follow: cluster.follow, onFailed });
  stack.side().push("incidents", (late) => settledBy(followed.stop(late), late));
  return { incidents: followed.incidents, followed };
}

async function startGateway(
  { settings, config, logger, registry, stack, intakeGate }: Parts,
  { log }: OpenedLog,
  served: Pick<GatewayOptions, "auth" | "intake" | "incidents" | "health" | "backup">,
): Promise<Gateway> {
  const gateway = createGateway({
    ...{ ...served, logger, registry, now, limits: config.limits, listen: settings.environment.http },
    randomId: randomUUID,
    append: (records) => intakeGate.pass(() => log.append(records)),
    metrics: () => registry.metrics(),
  });
  stack.push("gateway", () => gateway.stop());
  await gateway.start();
  return gateway;
}

function startHeartbeats(
  { config, stack }: Parts,
  { log }: OpenedLog,
  watch: WatchSide,
  health: () => Promise<HealthCheck[]>,
): void {
  if (config.heartbeat === undefined) return;
  const { url, every } = config.heartbeat;
  const problems = async (): Promise<string[]> => {
    const failing = (await health()).filter(({ ok }) => !ok).map(({ name, detail }) => `${name}: ${detail}`);
    return [...failing, ...watch.sender.health().problems, ...(await stuckGroups(log, now()))];
  };
  const { isResponsible, telemetry } = watch;
  const heartbeat = startHeartbeat({ url, everyMs: every, problems, isResponsible, telemetry });
  stack.push("heartbeat", () => heartbeat.stop());
}
