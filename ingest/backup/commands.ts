/** `watchkeeper backup DIR` and `watchkeeper restore DIR`. */
import { resolve } from "node:path";
import { WatchkeeperError } from "../../schemas/errors.ts";
import { GROUPS } from "../../schemas/topics.ts";
import { askRunning, type RunningUp } from "../ask-running.ts";
import { awaitConnection, readConnection } from "../data-directory/connection-file.ts";
import type { BackupReport } from "./backup.ts";
import { type BackupCommandOptions, backUpAlone } from "./backup-alone.ts";
import type { Manifest } from "./manifest.ts";
import { restoreBackup } from "./restore.ts";
import { backupText, restoreText } from "./summary.ts";

const STARTING_MS = 10_000;

/** Asks the `up` that runs on the data directory, or does it itself when none does. Returns what to print. */
export async function backUp(target: string, options: BackupCommandOptions): Promise<string> {
  const { dataDir } = options.settings.environment;
  const directory = resolve(target);
  const running = await readConnection(dataDir);
  if (running !== undefined) return backupText(await askForBackup(running));
  return backupText(await backUpAlone(options, directory).catch(askIfStarting));

  async function askIfStarting(error: unknown): Promise<BackupReport> {
    if (!(error instanceof WatchkeeperError) || error.code !== "up_is_running") throw error;
    const started = await awaitConnection(dataDir, STARTING_MS);
    if (started === undefined) throw error;
    return askForBackup(started);
  }

  async function askForBackup(up: RunningUp): Promise<BackupReport> {
    const question = { path: "/v1/backup", body: { directory }, signal: options.signal, failed: "backup_failed" };
    const hint = "Look at its log; a folder without manifest.json is no backup.";
    return (await askRunning(up, { ...question, hint })) as BackupReport;
  }
}

/**
 * Restores into the data directory of the environment; where the log is in Kafka, the group "store" is put back to the
 * moment of the backup. Returns what to print. Error `group_not_set_back`: nothing is restored.
 */
export async function restore(from: string, options: BackupCommandOptions): Promise<string> {
  const { settings, logger, signal } = options;
  const { dataDir, clickhouse, kafka } = settings.environment;
  const manifest = await restoreBackup({
    from,
    dataDirectory: dataDir,
    retention: settings.config.retention,
    logger,
    signal,
    async beside(restored) {
      if (kafka === undefined || !isBehind(restored)) return;
      // Only here, so that a process without Kafka does not carry its client.
      const { setGroupBack } = await import("../log/set-group-back.ts");
      await setGroupBack({ connection: kafka, group: GROUPS.store, positions: restored.positions, logger });
    },
  });
  const unused = manifest.store !== null && clickhouse !== undefined;
  const text = restoreText(manifest, resolve(dataDir), isBehind(manifest) && kafka !== undefined);
  return `${text}${unused ? "note: the restored store is not used while CLICKHOUSE_URL is set\n" : ""}`;
}

/** Whether the log of its moment is elsewhere, and goes on from later. */
function isBehind({ store, log }: Manifest): boolean {
  return store !== null && !log;
}
