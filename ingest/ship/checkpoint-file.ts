/** Where shipping keeps its position when nobody names a place. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, readFile, rename } from "node:fs/promises";
import { join, resolve } from "node:path";
import { isKafka, OWN_GATEWAY } from "./target.ts";

/** A file of its own in the data directory for each target and set of files, in whatever order they are named. */
export function checkpointFileOf(files: readonly string[], dataDirectory: string, target: string): string {
  const paths = files.map((file) => resolve(file)).sort();
  // The file itself says which brokers; here their list may change.
  const of = target === OWN_GATEWAY ? [] : [`to ${isKafka(target) ? "Kafka" : target}`];
  const name = createHash("sha256")
    .update([...paths, ...of].join("\n"))
    .digest("hex")
    .slice(0, 16);
  return join(dataDirectory, "ship", `${name}.json`);
}

/**
 * The same, with what an earlier version knew. It kept one position for all targets and did not say of which: each new
 * target begins with a copy of that until the own gateway has taken the file over, because what is shipped twice counts
 * twice, and what was left out can be shipped with a checkpoint of its own.
 */
export async function prepareCheckpointFile(
  files: readonly string[],
  dataDirectory: string,
  target: string,
): Promise<string> {
  const file = checkpointFileOf(files, dataDirectory, target);
  const earlier = checkpointFileOf(files, dataDirectory, OWN_GATEWAY);
  if (file === earlier || existsSync(file) || !existsSync(earlier)) return file;
  if (await saysTarget(earlier)) return file;
  await copyFile(earlier, `${file}.tmp`);
  await rename(`${file}.tmp`, file);
  return file;
}

/** False for one that cannot be read: its copy is refused in its place. */
async function saysTarget(file: string): Promise<boolean> {
  try {
    const { target } = JSON.parse(await readFile(file, "utf8")) as { target?: unknown };
    return target !== undefined;
  } catch {
    return false;
  }
}
