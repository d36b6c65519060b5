/** The embedded store into and out of a folder, by ClickHouse's own BACKUP and RESTORE. */
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { messageOf, WatchkeeperError } from "../../schemas/errors.ts";
import { connectStore } from "../clickhouse/connect.ts";

/** A running embedded engine, by its writing user. */
export interface EngineAccess {
  readonly url: string;
  readonly username: string;
  readonly password: string;
  readonly database: string;
}

/** Nobody else ends it: a large store takes its time. */
const REQUEST_TIMEOUT_MS = 24 * 3_600_000;
const NAME = "store";

/**
 * Writes every table as it is now into a fresh folder below `staging` (the engine's `backups`), and says which. What
 * an earlier backup left there when it was cut short is removed first. Error `backup_failed`.
 */
export async function backUpStore(engine: EngineAccess, staging: string): Promise<string> {
  await rm(staging, { recursive: true, force: true });
  await mkdir(staging, { recursive: true, mode: 0o700 });
  const folder = join(staging, NAME);
  try {
    await command(engine, `BACKUP DATABASE ${engine.database} TO File(${quoted(folder)})`);
  } catch (error) {
    throw new WatchkeeperError(`The store cannot be backed up: ${messageOf(error)}`, {
      code: "backup_failed",
      cause: error,
    });
  }
  return folder;
}

/** Fills an empty engine from such a folder, which lies in the engine's `backups`. Error: `restore_failed`. */
export async function restoreStore(engine: EngineAccess, folder: string): Promise<void> {
  try {
    await command(engine, `RESTORE DATABASE ${engine.database} FROM File(${quoted(folder)})`);
  } catch (error) {
    throw new WatchkeeperError(`The store cannot be restored: ${messageOf(error)}`, {
      code: "restore_failed",
      hint: "Use the version of Watchkeeper that made the backup, or a later one.",
      cause: error,
    });
  }
}

async function command(engine: EngineAccess, query: string): Promise<void> {
  const client = connectStore({ ...engine, requestTimeoutMs: REQUEST_TIMEOUT_MS });
  try {
    await client.command({ query, clickhouse_settings: { max_execution_time: 0 } });
  } finally {
    await client.close();
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
