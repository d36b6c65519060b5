/** A backup back into a data directory that is absent or empty. */
import { existsSync } from "node:fs";
import { readdir, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Logger } from "pino";
import type { Retention } from "../../schemas/clickhouse/migration.ts";
import { MIGRATIONS } from "../../schemas/clickhouse/migrations.ts";
import { WatchkeeperError } from "../../schemas/errors.ts";
import { connectStore } from "../clickhouse/connect.ts";
import { migrate } from "../clickhouse/migrate.ts";
import { UNFINISHED } from "../data-directory/directory.ts";
import { lockDataDirectory } from "../data-directory/lock.ts";
import { startEngine } from "../engine/engine.ts";
import { copyOne } from "./files.ts";
import { type EngineAccess, thawStore } from "./frozen-store.ts";
import { type Manifest, readManifest, verifyFiles } from "./manifest.ts";
import { roomError } from "./target.ts";

export interface RestoreOptions {
  /** Where the backup is. */
  readonly from: string;
  readonly dataDirectory: string;
  /** Of the tables, from the configuration. */
  readonly retention: Retention;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** What else must be as it was, before anybody may start on the directory; default: nothing. */
  readonly beside?: (manifest: Manifest) => Promise<void>;
}

const isLock = (name: string): boolean => /^lock\./.test(name);

/**
 * Verifies everything first; what fails after that, `beside` included, is taken back. Errors: `data_directory_not_empty` (exit code 2),
 * `no_backup`, `backup_newer`, `backup_damaged`, `backup_no_room`, `restore_failed`, `data_directory_in_use`.
 */
export async function restoreBackup(options: RestoreOptions): Promise<Manifest> {
  const [from, data] = [resolve(options.from), resolve(options.dataDirectory)];
  const existed = existsSync(data);
  await mustBeEmpty(data);
  const manifest = await readManifest(from);
  if ((manifest.store?.migration ?? 0) > Math.max(...MIGRATIONS.map(({ number }) => number))) throw newerTables();
  await verifyFiles(from, manifest, options.signal);
  const lock = await lockDataDirectory(data, "up");
  try {
    await mustBeEmpty(data);
    // Until the end: an `up` must not start on half of it.
    await writeFile(join(data, UNFINISHED), "", { mode: 0o600 });
    await fill(from, data, manifest, options);
    await options.beside?.(manifest);
    await rm(join(data, UNFINISHED));
  } catch (error) {
    for (const name of (await readdir(data)).filter((one) => !isLock(one) && one !== UNFINISHED)) {
      await rm(join(data, name), { recursive: true, force: true });
    }
    await rm(join(data, UNFINISHED), { force: true });
    throw roomError(data, error);
  } finally {
    await lock.release();
    const isBare = (await readdir(data)).every(isLock);
    if (isBare && !existed) await rm(data, { recursive: true, force: true });
  }
  return manifest;
}

async function fill(from: string, data: string, manifest: Manifest, options: RestoreOptions): Promise<void> {
  const { logger, signal } = options;
  for (const { path } of manifest.files) {
    signal.throwIfAborted();
    if (path.startsWith("log/")) await copyOne(join(from, path), join(data, path));
    if (path.startsWith("files/")) await copyOne(join(from, path), join(data, path.slice("files/".length)));
  }
  if (manifest.store === null) return;
  const directory = join(data, "store");
  const engine = await startEngine({ directory, logger });
  try {
    const access = { directory, url: engine.url, ...engine.writer, database: engine.database };
    await makeTables(access, manifest.store.migration, options);
    await thawStore(access, join(from, "store"), options.signal);
  } finally {
    await engine.stop();
  }
}

/** As they were at the backup; what later versions change, the next `up` does. */
async function makeTables(access: EngineAccess, newest: number, { retention, logger }: RestoreOptions): Promise<void> {
  const migrations = MIGRATIONS.filter(({ number }) => number <= newest);
  const client = connectStore(access);
  await migrate(client, { database: access.database, retention, logger, migrations }).finally(() => client.close());
}

async function mustBeEmpty(directory: string): Promise<void> {
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw notEmpty(directory, `cannot be used (${error.code})`);
  });
  if (names.some((name) => !isLock(name))) throw notEmpty(directory, "is not empty");
}

function newerTables(): WatchkeeperError {
  return new WatchkeeperError("The tables in the backup are of a later version of Watchkeeper.", {
    code: "backup_newer",
    hint: "Restore it with the version that made it, or a later one.",
  });
}

function notEmpty(directory: string, what: string): WatchkeeperError {
  return new WatchkeeperError(`The data directory ${directory} ${what}; a backup is restored into an empty one.`, {
    code: "data_directory_not_empty",
    hint: "Name another one in WATCHKEEPER_DATA_DIR, or move this one away.",
    exitCode: 2,
  });
}
