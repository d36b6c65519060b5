/** Where shipping keeps its position when nobody names a place. */
import { createHash } from "node:crypto";
import { join, resolve } from "node:path";

/** A file of its own in the data directory for each set of files, in whatever order they are named. */
export function checkpointFileOf(files: readonly string[], dataDirectory: string): string {
  const paths = files.map((file) => resolve(file)).sort();
  const name = createHash("sha256").update(paths.join("\n")).digest("hex").slice(0, 16);
  return join(dataDirectory, "ship", `${name}.json`);
}
