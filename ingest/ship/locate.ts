/** Finds files on disk: the one at a path, and where one that was rotated away is now. */
import type { Stats } from "node:fs";
import { type FileHandle, open, readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { messageOf, WatchkeeperError } from "../../schemas/errors.ts";
import type { TrackState } from "./checkpoint.ts";
import { sameBeginning } from "./fingerprint.ts";

/** A copy is only believed to be one when this much of its beginning is the same. */
const COPY_BYTES = 16;

/** The file at the path; undefined when there is none. Errors: `not_a_file`, `file_unreadable`. */
export async function openFile(path: string): Promise<{ handle: FileHandle; stats: Stats } | undefined> {
  // Looked at before it is opened: opening a pipe would wait for its writer.
  const before = await stat(path).catch((error: unknown) => absent(path, error));
  if (before === undefined) return undefined;
  if (!before.isFile()) {
    throw new WatchkeeperError(`${path} is not a file${before.isDirectory() ? " but a directory" : ""}.`, {
      code: "not_a_file",
      hint: before.isDirectory()
        ? `Name the files in it, such as ${join(path, "*.jsonl")}.`
        : "Name a JSON-lines file.",
      exitCode: 2,
    });
  }
  const handle = await open(path, "r").catch((error: unknown) => absent(path, error));
  return handle === undefined ? undefined : { handle, stats: await handle.stat() };
}

function absent(path: string, error: unknown): undefined {
  if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR"))
    return undefined;
  throw new WatchkeeperError(`${path} cannot be read: ${messageOf(error)}`, {
    code: "file_unreadable",
    hint: "Let this user read it.",
    cause: error,
  });
}

/**
 * Where the rest of this life of a file is now: the same inode under whatever name, or a copy that begins the same
 * and is long enough. Other files that are shipped themselves are left out.
 */
export async function findRest(
  path: string,
  state: TrackState,
  shipped: ReadonlySet<string>,
): Promise<FileHandle | undefined> {
  const needed = state.pending?.to ?? state.offset;
  const others = await neighbours(path);
  const files = others.filter((file) => file.path === path || !shipped.has(file.path));
  const renamed = files.filter((file) => file.stats.dev === state.dev && file.stats.ino === state.ino);
  const copies = state.fingerprint.bytes < COPY_BYTES ? [] : files.filter((file) => !renamed.includes(file));
  for (const file of [...renamed, ...copies]) {
    if (file.stats.size < needed) continue;
    const handle = await open(file.path, "r").catch(() => undefined);
    if (handle === undefined) continue;
    if ((await sameBeginning(handle, state.fingerprint)) !== undefined) {
      state.dev = file.stats.dev;
      state.ino = file.stats.ino;
      return handle;
    }
    await handle.close();
  }
  return undefined;
}

/**
 * Files that came and were rotated away between two looks: named as rotation names them (`app.log.1`,
 * `app.log-20260127`), not changed before the last known one was renamed to such a name itself. Oldest first.
 */
export async function missedBetween(path: string, known: TrackState, currentIno: number): Promise<string[]> {
  const base = basename(path);
  const rotated = (await neighbours(path)).filter(
    ({ path: other }) => /^[.-]\d+$/.test(basename(other).slice(base.length)) && basename(other).startsWith(base),
  );
  const last = rotated.find(({ stats }) => stats.dev === known.dev && stats.ino === known.ino);
  if (last === undefined) return [];
  return rotated
    .filter(({ stats }) => stats.mtimeMs >= last.stats.mtimeMs && stats.ino !== known.ino && stats.ino !== currentIno)
    .sort((a, b) => a.stats.mtimeMs - b.stats.mtimeMs || a.stats.ctimeMs - b.stats.ctimeMs)
    .map((file) => file.path);
}

async function neighbours(path: string): Promise<{ path: string; stats: Stats }[]> {
  const names = await readdir(dirname(path)).catch(() => []);
  const files = await Promise.all(
    names.map(async (name) => {
      const file = join(dirname(path), name);
      const stats = await stat(file).catch(() => undefined);
      return stats?.isFile() ? [{ path: file, stats }] : [];
    }),
  );
  return files.flat();
}
