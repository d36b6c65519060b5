import { constants } from "node:fs";
import { access, readdir } from "node:fs/promises";
import { messageOf, WatchkeeperError } from "../../schemas/errors.ts";
import { makeDirectory } from "./make-directory.ts";

/** In a data directory that a restore is filling, or was when it was cut short. */
export const UNFINISHED = "restore.unfinished";

/** Creates the data directory, readable by its user alone (0700). Error: `data_directory_not_writable`. */
export async function prepareDataDirectory(directory: string): Promise<void> {
  try {
    await makeDirectory(directory);
    await access(directory, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw notOurs(directory, cause);
  }
}

/**
 * Whether an entry of such a name is there; an absent directory holds none. Creates nothing.
 * Error: `data_directory_not_writable`.
 */
export async function holdsAny(directory: string, names: RegExp): Promise<boolean> {
  const entries = await readdir(directory).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") return [];
    throw notOurs(directory, cause);
  });
  return entries.some((name) => names.test(name));
}

/** Error `data_directory_not_writable`. */
export function notOurs(directory: string, cause: unknown): WatchkeeperError {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  const isFile = code === "EEXIST" || code === "ENOTDIR";
  const why = isFile ? "a file has this name, or the name of a folder above" : messageOf(cause);
  return new WatchkeeperError(`The data directory ${directory} cannot be written: ${why}`, {
    code: "data_directory_not_writable",
    hint: `${isFile ? "Move it away" : "Give its user the right to write there"}, or name another one in WATCHKEEPER_DATA_DIR`,
    cause,
  });
}
