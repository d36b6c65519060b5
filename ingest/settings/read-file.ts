/** Small text files: the configuration and secrets. */
import { closeSync, openSync, readSync } from "node:fs";
import { WatchkeeperError } from "../../schemas/errors.ts";

/** The text of a file; undefined when there is none. Throws when it is there and cannot be read. */
export type ReadFile = (path: string) => string | undefined;

/** Bytes of a configuration file or a secret at most. */
export const FILE_BYTES = 1024 * 1024;

/** Reads a file of at most 1 MiB. Throws code `file_unreadable` or `file_too_large` (both exit code 2). */
export function readSmallFile(path: string): string | undefined {
  try {
    const descriptor = openSync(path, "r");
    try {
      return decode(descriptor, path);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    if (error instanceof WatchkeeperError) throw error;
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new WatchkeeperError(`${path} cannot be read`, { code: "file_unreadable", exitCode: 2, cause: error });
  }
}

function decode(descriptor: number, path: string): string {
  const buffer = Buffer.alloc(FILE_BYTES + 1);
  let size = 0;
  for (let read = -1; read !== 0 && size < buffer.length; size += read) {
    read = readSync(descriptor, buffer, size, buffer.length - size, null);
  }
  if (size > FILE_BYTES) {
    throw new WatchkeeperError(`${path} is larger than 1 MiB`, { code: "file_too_large", exitCode: 2 });
  }
  return buffer.toString("utf8", 0, size);
}
