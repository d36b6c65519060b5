/** A backup back into a data directory that is absent or empty. */
import { existsSync } from "node:fs";
import { readdir, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Logger } from "pino";
import { WatchkeeperError } from "../../schemas/errors.ts";
import { UNFINISHED } from "../data-directory/directory.ts";
import { lockDataDirectory } from "../data-directory/lock.ts";
import { startEngine } from "../engine/engine.ts";
import { restoreStore } from "./engine-backup.ts";
import { copyOne } from "./files.ts";
import { type Manifest, readManifest, verifyFiles } from "./manifest.ts";
import { roomError } from "./target.ts";

export interface RestoreOptions {
  /** Where the backup is. */
  readonly from: string;
  readonly dataDirectory: string;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

const isLock = (name: string): boolean => /^lock\./.test(name);

/**
 * Verifies everything first; what fails after that is taken back. Errors: `data_directory_not_empty` (exit code 2),
 * `no_backup`, `backup_newer`, `backup_damaged`, `backup_no_room`, `restore_failed`, `data_directory_in_use`.
 */
export async function restoreBackup(options: RestoreOptions): Promise<Manifest> {
  const [from, data] = [resolve(options.from), resolve(options.dataDirectory)];
  const existed = existsSync(data);
  await mustBeEmpty(data);
  const manifest = await readManifest(from);
  await verifyFiles(from, manifest, options.signal);
  const lock = await lockDataDirectory(data, "up");
  try {
    await mustBeEmpty(data);
    // Until the end: an `up` must not start on half of it.
    await writeFile(join(data, UNFINISHED), "", { mode: 0o600 });
    await fill(from, data, manifest, options);
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

async function fill(from: string, data: string, manifest: Manifest, { logger, signal }: RestoreOptions): Promise<void> {
  for (const { path } of manifest.files) {
    signal.throwIfAborted();
    if (path.startsWith("log/")) await copyOne(join(from, path), join(data, path));
    if (path.startsWith("files/")) await copyOne(join(from, path), join(data, path.slice("files/".length)));
  }
  if (manifest.store === null) return;
  const engine = await startEngine({ directory: join(data, "store"), backups: from, logger });
  try {
    const { url, writer, database } = engine;
    await restoreStore({ url, ...writer, database }, join(from, "store"));
  } finally {
    await engine.stop();
  }
}

async function mustBeEmpty(directory: string): Promise<void> {
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw notEmpty(directory, `cannot be used (${error.code})`);
  });
  if (names.some((name) => !isLock(name))) throw notEmpty(directory, "is not empty");
}

function notEmpty(directory: string, what: string): WatchkeeperError {
  return new WatchkeeperError(`The data directory ${directory} ${what}; a backup is restored into an empty one.`, {
    code: "data_directory_not_empty",
    hint: "Name another one in WATCHKEEPER_DATA_DIR, or move this one away.",
    exitCode: 2,
  });
}
