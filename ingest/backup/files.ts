/** Files of a backup: copied, listed with their checksums. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { chmod, copyFile, lstat, mkdir, open, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";

/** A file by its path within the backup (forward slashes), as the manifest holds it. */
export interface ListedFile {
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
}

/** Paths of the regular files below, sorted; links and devices are left out. Empty when there is no such folder. */
export async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .map((path) => path.replaceAll("\\", "/"))
    .sort();
}

/** Bytes of the files below; 0 when there is no such folder. */
export async function bytesBelow(directory: string): Promise<number> {
  let bytes = 0;
  // What is merged away meanwhile counts nothing.
  for (const path of await filesBelow(directory)) {
    bytes += (await lstat(join(directory, path)).catch(() => undefined))?.size ?? 0;
  }
  return bytes;
}

/** Size and checksum of a file; with `durably` it is forced to the disk first. */
export async function fingerprint(directory: string, path: string, durably: boolean): Promise<ListedFile> {
  const file = join(directory, path);
  if (durably) {
    const handle = await open(file, "r");
    await handle.sync().finally(() => handle.close());
  }
  const hash = createHash("sha256");
  let size = 0;
  await pipeline(createReadStream(file, { highWaterMark: 1024 ** 2 }), async (chunks) => {
    for await (const chunk of chunks as AsyncIterable<Buffer>) {
      size += chunk.length;
      hash.update(chunk);
    }
  });
  return { path, size, sha256: hash.digest("hex") };
}

/** Copies one file, making its folders (0700); only its user may read it. */
export async function copyOne(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 });
  await copyFile(from, to);
  await chmod(to, 0o600);
}

/** Makes names in a folder survive a power cut. */
export async function syncFolder(directory: string): Promise<void> {
  const handle = await open(directory, "r");
  await handle.sync().finally(() => handle.close());
}
