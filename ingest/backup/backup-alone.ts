/** A backup while no `up` runs: takes the data directory, stores what waits in the log, and backs up. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";
import { Registry } from "prom-client";
import { WatchkeeperError } from "../../schemas/errors.ts";
import { GROUPS, TOPICS } from "../../schemas/topics.ts";
import { createCloseStack } from "../close-stack.ts";
import { lockDataDirectory } from "../data-directory/lock.ts";
import { type EmbeddedLog, openEmbeddedLog } from "../log/embedded-log.ts";
import type { EventLog } from "../log/event-log.ts";
import type { Settings } from "../settings/settings.ts";
import { startStoreSide } from "../store-side.ts";
import { type BackupReport, createBackup } from "./backup.ts";

export interface BackupCommandOptions {
  readonly settings: Settings;
  readonly program: string;
  readonly logger: Logger;
  /** Breaks it off; what was written is taken back. */
  readonly signal: AbortSignal;
  readonly now: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

const POLL_MS = 50;

/** Errors: as `Backup.run`; `nothing_to_back_up`, `backup_needs_up`, `up_is_running`, `gave_way` when an `up` starts meanwhile. */
export async function backUpAlone(options: BackupCommandOptions, target: string): Promise<BackupReport> {
  const { settings, program, logger, now, sleep } = options;
  const { dataDir, clickhouse, kafka } = settings.environment;
  if (kafka !== undefined && clickhouse === undefined) throw needsUp();
  if (!["log", "store", "ship"].some((name) => existsSync(join(dataDir, name)))) throw nothingThere(resolve(dataDir));
  const stack = createCloseStack(logger);
  const wanted = new AbortController();
  try {
    const lock = await lockDataDirectory(dataDir, "look");
    stack.push("data directory", () => lock.release());
    void lock.wanted.then(() => wanted.abort(gaveWay()));
    const log = kafka === undefined ? await openLog(options) : undefined;
    stack.push("event log", async () => log?.close());
    const failed = new AbortController();
    const side =
      clickhouse !== undefined || log === undefined
        ? undefined
        : await startStoreSide({
            ...{ log, outside: undefined, directory: join(dataDir, "store"), config: settings.config, logger },
            ...{ registry: new Registry(), now, sleep, onLead: () => ({ stop: async () => undefined }) },
            fail: (error) => failed.abort(error),
          });
    stack.push("store", async () => side?.stop());
    const signal = AbortSignal.any([options.signal, wanted.signal, failed.signal]);
    if (side !== undefined && log !== undefined) await untilStored(log, signal);
    const backup = createBackup({
      ...{ dataDirectory: dataDir, log: log ?? { lag: async () => [] }, store: side?.embedded, program, now, logger },
      hasStore: true,
      holdIntake: async () => () => undefined,
    });
    return await backup.run(target, signal);
  } finally {
    await stack.close();
  }
}

function openLog({ settings, now, logger }: BackupCommandOptions): Promise<EmbeddedLog> {
  const directory = join(settings.environment.dataDir, "log");
  return openEmbeddedLog({ directory, limitBytes: settings.config.limits.journalBytes, now, logger });
}

/** What a stop or a kill left in the log is stored first: half of it may be in the store already. */
async function untilStored(log: Pick<EventLog, "lag">, signal: AbortSignal): Promise<void> {
  for (const topic of [TOPICS.journal, TOPICS.dead, TOPICS.findings]) {
    while ((await log.lag(GROUPS.store, topic)).some(({ committed, end }) => committed < end)) {
      await delay(POLL_MS, undefined, { signal }).catch(() => undefined);
      signal.throwIfAborted();
    }
  }
}

function needsUp(): WatchkeeperError {
  return new WatchkeeperError("With Kafka, a backup of the embedded store is written by the running `up` alone.", {
    code: "backup_needs_up",
    hint: "Start `watchkeeper up` and run the command beside it: what a stop left half stored is finished from Kafka first.",
  });
}

function nothingThere(directory: string): WatchkeeperError {
  return new WatchkeeperError(`There is nothing to back up in ${directory}.`, {
    code: "nothing_to_back_up",
    hint: "Name the data directory in WATCHKEEPER_DATA_DIR.",
    exitCode: 2,
  });
}

function gaveWay(): WatchkeeperError {
  return new WatchkeeperError(
    "An `up` is starting on this data directory, so the backup made room and was taken back.",
    {
      code: "gave_way",
      hint: "Run the command again; it will ask the running `up`.",
    },
  );
}
