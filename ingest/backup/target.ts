/** The folder that a backup is written to: empty or absent, writable, with room. */
import { constants } from "node:fs";
import { access, readdir, rm, stat, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { messageOf, WatchkeeperError } from "../../schemas/errors.ts";
import { makeDirectory } from "../data-directory/make-directory.ts";

export interface Target {
  readonly directory: string;
  /** Takes back what was written: the folder as it was found. */
  clear(): Promise<void>;
}

/** Errors: `backup_directory_not_empty` (exit code 2), `backup_directory_not_writable`. */
export async function prepareTarget(directory: string): Promise<Target> {
  const found = await stat(directory).catch(() => undefined);
  if (found !== undefined && (!found.isDirectory() || (await readdir(directory)).length > 0)) {
    throw new WatchkeeperError(`${directory} is ${found.isDirectory() ? "not empty" : "not a folder"}.`, {
      code: "backup_directory_not_empty",
      hint: "Name a folder that is empty or does not exist yet; a backup never overwrites another.",
      exitCode: 2,
    });
  }
  try {
    await makeDirectory(directory);
    await access(directory, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new WatchkeeperError(`${directory} cannot be written: ${messageOf(cause)}.`, {
      code: "backup_directory_not_writable",
      hint: "The user that runs Watchkeeper needs the right to write there.",
      cause,
    });
  }
  return {
    directory,
    async clear() {
      if (found === undefined) return rm(directory, { recursive: true, force: true });
      for (const name of await readdir(directory)) await rm(`${directory}/${name}`, { recursive: true, force: true });
    },
  };
}

/** What a backup leaves free beside itself. */
const SPARE_BYTES = 64 * 1024 ** 2;

/** Error `backup_no_room` when so many bytes do not fit where this folder is. */
export async function mustHaveRoom(directory: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(directory).catch(() => statfs(dirname(directory)));
  const free = bavail * bsize;
  if (free >= bytes + SPARE_BYTES) return;
  throw noRoom(directory, `${megabytes(bytes + SPARE_BYTES)} are needed and ${megabytes(free)} are free`);
}

/** The same error for a disk that became full meanwhile; anything else stays what it is. */
export function roomError(directory: string, error: unknown): unknown {
  const isFull = ["ENOSPC", "EDQUOT"].includes((error as NodeJS.ErrnoException | undefined)?.code ?? "");
  return isFull || /no space left|ENOSPC/i.test(messageOf(error)) ? noRoom(directory, "the disk is full") : error;
}

function noRoom(directory: string, why: string): WatchkeeperError {
  return new WatchkeeperError(`There is no room for the backup in ${directory}: ${why}.`, {
    code: "backup_no_room",
    hint: "Make room there, or name a folder on another disk. What was written is removed again.",
  });
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1024 ** 2).toLocaleString("en-US")} MiB`;
}
