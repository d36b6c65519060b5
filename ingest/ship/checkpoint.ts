/**
 * Where shipping stands, on disk. A write is complete or has not happened (temporary file, fsync, rename), and
 * whoever waited for it knows it survives `kill -9` and a power cut.
 */
import { open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { messageOf, WatchkeeperError } from "../../schemas/errors.ts";
import { makeDirectory } from "../data-directory/make-directory.ts";
import type { Fingerprint } from "./fingerprint.ts";
import { isSameTarget } from "./target.ts";

/** What is being posted: from the track's offset to here, under a key that a repetition repeats. */
export interface PendingRange {
  readonly to: number;
  readonly key: string;
  /** Only so many bytes of it are sent: one line that is too long. */
  readonly cutAt?: number;
}

/** One file in one of its lives: the same inode after a truncation is another life. */
export interface TrackState {
  dev: number;
  ino: number;
  /** Grows with every life seen at this path. */
  readonly generation: number;
  /** Fixed at the first range; part of every key. */
  identity: string | undefined;
  fingerprint: Fingerprint;
  /** Everything before it has been answered. */
  offset: number;
  /** Of the file at the last look. */
  size: number;
  pending: PendingRange | undefined;
}

/** A path and the lives that are not finished, oldest first. */
export interface PathState {
  nextGeneration: number;
  /** When something of it was last answered (Unix ms); absent where an earlier version wrote this. */
  answeredAt?: number;
  tracks: TrackState[];
}

export interface Checkpoint {
  /** The state of this path, to be changed in place and then saved. */
  of(path: string): PathState;
  /** Resolves when what stands now is durable. */
  save(): Promise<void>;
}

const VERSION = 1;

/**
 * One that does not say of which target it is becomes one of this.
 * Errors: `checkpoint_unreadable`, `checkpoint_newer`, `checkpoint_of_another_target`.
 */
export async function openCheckpoint(file: string, target: string): Promise<Checkpoint> {
  const files = await load(file, target);
  let writing: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  const write = async () => {
    const text = JSON.stringify({ version: VERSION, target, files: Object.fromEntries(files) });
    await writeDurably(file, text);
  };
  const save = (): Promise<void> => {
    if (writing === undefined) {
      writing = write().finally(() => {
        writing = undefined;
      });
      return writing;
    }
    // The running write may have begun before the caller's change: one more follows it, for all who wait.
    next ??= writing
      .catch(() => undefined)
      .then(() => {
        next = undefined;
        return save();
      });
    return next;
  };
  return {
    of(path) {
      const known = files.get(path);
      if (known !== undefined) return known;
      const fresh: PathState = { nextGeneration: 0, tracks: [] };
      files.set(path, fresh);
      return fresh;
    },
    save,
  };
}

async function load(file: string, target: string): Promise<Map<string, PathState>> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw unreadable(file, error);
  });
  if (text === undefined) return new Map();
  let parsed: { version?: unknown; target?: string; files?: Record<string, PathState> };
  try {
    parsed = JSON.parse(text) as typeof parsed;
  } catch (error) {
    throw unreadable(file, error);
  }
  if (parsed.version !== VERSION) {
    throw new WatchkeeperError(`The checkpoint ${file} was written by another version of Watchkeeper.`, {
      code: "checkpoint_newer",
      hint: "Use the version that wrote it, or name another file with --checkpoint.",
    });
  }
  if (parsed.target !== undefined && !isSameTarget(parsed.target, target)) throw ofAnother(file, parsed.target, target);
  return new Map(Object.entries(parsed.files ?? {}));
}

function unreadable(file: string, cause: unknown): WatchkeeperError {
  return new WatchkeeperError(`The checkpoint ${file} cannot be read: ${messageOf(cause)}`, {
    code: "checkpoint_unreadable",
    hint: "Repair it, or remove it to ship every file from its beginning.",
    cause,
  });
}

function ofAnother(file: string, known: string, target: string): WatchkeeperError {
  return new WatchkeeperError(`The checkpoint ${file} says how far shipping came to ${known}, not to ${target}.`, {
    code: "checkpoint_of_another_target",
    hint: 'Name another file with --checkpoint. If it is the same one under a new address, take "target" out of the file.',
    exitCode: 2,
  });
}

async function writeDurably(file: string, text: string): Promise<void> {
  await makeDirectory(dirname(file));
  const temporary = `${file}.tmp`;
  const handle = await open(temporary, "w", 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
  const directory = await open(dirname(file), "r");
  await directory.sync().finally(() => directory.close());
}
