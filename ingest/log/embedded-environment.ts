/** The LMDB environment under the embedded log: three databases in one file, one atomic durable write at a time. */
import { closeSync, existsSync, mkdirSync, openSync, readSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type Database, open, type RootDatabase } from "lmdb";
import { z } from "zod";
import { messageOf, WatchkeeperError } from "../../schemas/errors.ts";

/** Grows when an older program could not read what this one writes. */
const LOG_FORMAT = 1;

/** MDB_MAGIC of lmdb.h, after the header of the first page. */
const LMDB_MAGIC = 0xbeefc0de;

/** Beyond its first size the map grows by itself. */
const MAX_MAP_BYTES = 2 ** 40;
const MAP_STEP = 2 ** 20;

/** `[topic, partition, offset or hash]` in `frames` and `state`, `[what, …]` in `meta`; ordered element by element. */
type LogKey = (string | number)[];

export interface Environment {
  /** Frames by `[topic, partition, base offset]`. */
  readonly frames: Database<Buffer, LogKey>;
  /** Newest values of compacted topics by `[topic, partition, hash of the key]`. */
  readonly state: Database<Buffer, LogKey>;
  /** `["format"]`, `["partitions"]`, `["position", topic, group, partition]`, `["end", topic, partition]`. */
  readonly meta: Database<number, LogKey>;
  /** Runs the puts and removes of `step` (which must not throw) as one transaction; resolves when it is on disk. */
  write(step: () => void): Promise<void>;
  /** As of the last write; still answered after `close`. */
  size(): { readonly usedBytes: number; readonly fileBytes: number };
  /** A compacted copy of the file; resolves when its moment is fixed, `copied` when it is written. */
  copyTo(directory: string): Promise<{ readonly copied: Promise<void> }>;
  close(): Promise<void>;
}

/** To write, with about how many bytes it will hold; or only to read. */
export type Use = { readonly expectedBytes: number } | "read only";

/** Opens or creates the environment; a format of the future and a file that is none are refused. */
export async function openEnvironment(directory: string, use: Use): Promise<Environment> {
  const root = openRoot(directory, use);
  try {
    return await wrap(root);
  } catch (error) {
    await root.close();
    throw error;
  }
}

function openRoot(directory: string, use: Use): RootDatabase {
  try {
    checkMagic(join(directory, "data.mdb"));
    if (use === "read only") return open({ path: directory, noSubdir: false, readOnly: true });
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    return open({
      path: directory,
      noSubdir: false,
      overlappingSync: true,
      // Every write is one explicit batch, so lmdb need not gather those of a turn.
      eventTurnBatching: false,
      // Address space, not memory: a map that has to grow leaves its smaller forms behind, all counted as resident.
      mapSize: Math.min(MAX_MAP_BYTES, Math.ceil((use.expectedBytes * 1.25) / MAP_STEP) * MAP_STEP),
    });
  } catch (cause) {
    throw new WatchkeeperError(`The event log in ${directory} cannot be opened: ${messageOf(cause)}`, {
      code: "log_unreadable",
      hint: "Check that the directory can be written and is on a local disk; a damaged log is restored from a backup",
      cause,
    });
  }
}

/** LMDB maps whatever file is there and may crash on what is not its own, so the magic number is looked at first. */
function checkMagic(file: string): void {
  if (!existsSync(file)) return;
  const head = Buffer.alloc(28);
  const descriptor = openSync(file, "r");
  try {
    const length = readSync(descriptor, head, 0, head.length, 0);
    if (length === 0 || head.readUInt32LE(24) === LMDB_MAGIC) return;
  } finally {
    closeSync(descriptor);
  }
  throw new Error(`${file} is no LMDB file`);
}

async function wrap(root: RootDatabase): Promise<Environment> {
  const meta: Environment["meta"] = root.openDB({ name: "meta", encoding: "json" });
  const frames: Environment["frames"] = root.openDB({ name: "frames", encoding: "binary" });
  const state: Environment["state"] = root.openDB({ name: "state", encoding: "binary" });
  let size: ReturnType<Environment["size"]> | undefined;
  const environment: Environment = {
    frames,
    state,
    meta,
    async write(step) {
      const committed = root.batch(step);
      // Asked for before anything else can be written; it never settles when the commit fails.
      const flushed = Promise.resolve(root.flushed);
      try {
        await committed;
      } catch (error) {
        const cause = await commitError(error);
        // An empty transaction needs no room and settles the flush that lmdb would wait for at close.
        await root.batch(() => undefined).catch(() => false);
        throw cause;
      }
      await flushed;
      size = undefined;
    },
    size() {
      if (size !== undefined) return size;
      const used = [frames, state, meta].map((database) => statistics.parse(database.getStats()));
      const pageSize = used[0]?.pageSize ?? 0;
      const pages = used.reduce((sum, s) => sum + s.treeBranchPageCount + s.treeLeafPageCount + s.overflowPages, 0);
      size = { usedBytes: pages * pageSize, fileBytes: ((used[0]?.lastPageNumber ?? 0) + 1) * pageSize };
      return size;
    },
    copyTo: (directory) => copyFile(root, directory),
    async close() {
      environment.size();
      await root.close();
    },
  };
  await checkFormat(environment);
  return environment;
}

const POLL_MS = 1;

/** LMDB writes the copy's first byte after the read transaction began that it copies (mdb_env_copyfd1 of mdb.c). */
async function copyFile(root: RootDatabase, directory: string): Promise<{ copied: Promise<void> }> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  let isSettled = false;
  const copied = root.backup(directory, true).then(
    () => undefined,
    (cause: unknown) => {
      throw new WatchkeeperError(`The event log cannot be copied to ${directory}: ${messageOf(cause)}`, {
        code: "log_copy_failed",
        cause,
      });
    },
  );
  const settled = () => {
    isSettled = true;
  };
  copied.then(settled, settled);
  const file = join(directory, "data.mdb");
  while (!isSettled && !((await stat(file).catch(() => undefined))?.size ?? 0)) await delay(POLL_MS);
  return { copied };
}

/** What `getStats` of lmdb returns of a database and its environment. */
const statistics = z.object({
  pageSize: z.number(),
  treeBranchPageCount: z.number(),
  treeLeafPageCount: z.number(),
  overflowPages: z.number(),
  lastPageNumber: z.number(),
});

async function checkFormat(environment: Environment): Promise<void> {
  const format = environment.meta.get(["format"]);
  if (format === undefined) await environment.write(() => environment.meta.put(["format"], LOG_FORMAT));
  if (format !== undefined && format > LOG_FORMAT) {
    throw new WatchkeeperError(`The event log has format ${format}; this program knows formats up to ${LOG_FORMAT}`, {
      code: "log_format_newer",
      hint: "A newer Watchkeeper wrote this data directory: start that one, or use another directory",
    });
  }
}

/** lmdb rejects with a general error that carries a promise of the real one. */
async function commitError(error: unknown): Promise<unknown> {
  if (!(error instanceof Error && "commitError" in error)) return error;
  return Promise.resolve(error.commitError).then(
    () => error,
    (cause: unknown) => cause,
  );
}
