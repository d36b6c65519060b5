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
import { openEmbeddedLog } from "../log/embedded-log.ts";
import type { EventLog } from "../log/event-log.ts";
import type { Settings } from "../settings/settings.ts";
import { startStoreSide } from "../store-side.ts";
import { type BackupReport, createBackup } from "./backup.ts";

export interface AloneOptions {
  readonly settings: Settings;
  readonly program: string;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly now: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

const POLL_MS = 50;

/** Errors: as `Backup.run`; `nothing_to_back_up`, `up_is_running`, `gave_way` when an `up` starts meanwhile. */
export async function backUpAlone(options: AloneOptions, target: string): Promise<BackupReport> {
  const { settings, program, logger, now, sleep } = options;
  const { dataDir, clickhouse } = settings.environment;
  if (!["log", "store", "ship"].some((name) => existsSync(join(dataDir, name)))) throw nothingThere(resolve(dataDir));
  const stack = createCloseStack(logger);
  const wanted = new AbortController();
  try {
    const lock = await lockDataDirectory(dataDir, "look");
    stack.push("data directory", () => lock.release());
    void lock.wanted.then(() => wanted.abort(gaveWay()));
    const log = await openEmbeddedLog({
      directory: join(dataDir, "log"),
      limitBytes: settings.config.limits.journalBytes,
      ...{ now, logger },
    });
    stack.push("event log", () => log.close());
    const failed = new AbortController();
    const side =
      clickhouse !== undefined
        ? undefined
        : await startStoreSide({
            ...{ log, outside: undefined, directory: join(dataDir, "store"), config: settings.config, logger },
            ...{ registry: new Registry(), now, sleep, onLead: () => ({ stop: async () => undefined }) },
            fail: (error) => failed.abort(error),
          });
    stack.push("store", async () => side?.stop());
    const signal = AbortSignal.any([options.signal, wanted.signal, failed.signal]);
    if (side !== undefined) await untilStored(log, signal);
    const backup = createBackup({
      ...{ dataDirectory: dataDir, log, store: side?.embedded, program, now, logger },
      holdIntake: async () => () => undefined,
    });
    return await backup.run(target, signal);
  } finally {
    await stack.close();
  }
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
