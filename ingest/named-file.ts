/** Files that somebody named on the command line: what is wrong with them is said in a sentence. */
import type { WriteStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { messageOf, WatchkeeperError } from "../schemas/errors.ts";

const unfit = (sentence: string): WatchkeeperError =>
  new WatchkeeperError(sentence, { code: "unfit_file", hint: "Check the name.", exitCode: 2 });

/** Rejects with code `unfit_file` when there is nothing to read under this name. */
export async function mustBeFile(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw unfit(`${path} does not exist.`);
  if (found.isDirectory()) throw unfit(`${path} is not a file but a directory.`);
  if (!found.isFile()) throw unfit(`${path} is not a regular file, and must be read more than once: save it as one.`);
}

/** Empties the file and opens it. Rejects with code `unfit_file` when it cannot be written. */
export async function openToWrite(path: string): Promise<WriteStream> {
  try {
    return (await open(path, "w")).createWriteStream();
  } catch (error) {
    throw unfit(`${path} cannot be written (${messageOf(error)}).`);
  }
}
