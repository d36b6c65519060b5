/** One process at a time uses a data directory: the running `up`, or a command that looks into it while none runs. */
import { existsSync } from "node:fs";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { WatchkeeperError } from "../../schemas/errors.ts";
import { prepareDataDirectory, UNFINISHED } from "./directory.ts";
import { isHeld, type LockFile, readLock, succeed, touch, vacate } from "./lock-file.ts";
import { identifySelf, lifeOf, type ProcessIdentity, processIdentity } from "./process-identity.ts";

export interface DataDirectoryLock {
  /** Frees the directory; may be called twice. */
  release(): Promise<void>;
  /** Resolves when an `up` asks a `look` to make room; never for an `up`. */
  readonly wanted: Promise<void>;
}

export interface LockOptions {
  /** Unix milliseconds; default the system's clock. */
  readonly now?: () => number;
  /** How long an `up` waits for looking commands to make room, and these for each other; default 10 s. */
  readonly waitMs?: number;
}

const POLL_MS = 50;
const SIGN_OF_LIFE_MS = 5000;

/**
 * Takes the data directory (created 0700 when absent). A dead holder is succeeded at once.
 * Errors: `data_directory_in_use` (a second `up`; or whoever looks did not make room in time), `up_is_running` (a
 * `look` while `up` runs: ask that one), `data_directory_not_writable`, `restore_unfinished`.
 */
export async function lockDataDirectory(
  directory: string,
  kind: "up" | "look",
  { now = Date.now, waitMs = 10_000 }: LockOptions = {},
): Promise<DataDirectoryLock> {
  await prepareDataDirectory(directory);
  if (existsSync(join(directory, UNFINISHED))) throw unfinished(directory);
  const self = await identifySelf();
  const deadline = now() + waitMs;
  let wished = false;
  try {
    for (;;) {
      const lock = await readLock(directory);
      const held = lock !== undefined && (await isHeld(directory, lock, now()));
      if (held && lock.record.kind === "up") throw kind === "up" ? inUse(directory, lock) : upIsRunning(lock);
      if (!held && (kind === "up" || !(await isWished(directory)))) {
        if (!(await succeed(directory, lock?.number ?? 0, { kind, holder: self }))) continue;
        return hold(directory, (lock?.number ?? 0) + 1, kind, now);
      }
      if (kind === "up" && !wished) {
        await wish(directory, self);
        wished = true;
      }
      if (now() >= deadline) throw inUse(directory, lock);
      await sleep(POLL_MS);
    }
  } finally {
    if (wished) await rm(wishFile(directory), { force: true });
  }
}

function hold(directory: string, number: number, kind: "up" | "look", now: () => number): DataDirectoryLock {
  const stopped = new AbortController();
  let released: Promise<void> | undefined;
  const signs = setInterval(() => {
    touch(directory, number, now()).catch(() => undefined);
  }, SIGN_OF_LIFE_MS).unref();

  async function watchForWish(resolve: () => void): Promise<void> {
    while (!(await isWished(directory))) {
      await sleep(POLL_MS, undefined, { ref: false, signal: stopped.signal });
    }
    resolve();
  }

  return {
    wanted: new Promise((resolve) => {
      // Ends by the abort of `release`, or with the directory itself.
      if (kind === "look") watchForWish(resolve).catch(() => undefined);
    }),
    release() {
      clearInterval(signs);
      stopped.abort();
      released ??= vacate(directory, number, kind);
      return released;
    },
  };
}

const wishFile = (directory: string): string => join(directory, "lock.wanted");

async function wish(directory: string, self: ProcessIdentity): Promise<void> {
  const draft = `${wishFile(directory)}.${self.pid}`;
  await writeFile(draft, JSON.stringify(self), { mode: 0o600 });
  await rename(draft, wishFile(directory));
}

/** Whether an `up` that lives waits for the directory. */
async function isWished(directory: string): Promise<boolean> {
  const waiting = await readFile(wishFile(directory), "utf8")
    .then((text) => processIdentity.parse(JSON.parse(text)))
    .catch(() => undefined);
  return waiting !== undefined && (await lifeOf(waiting)) === "alive";
}

function inUse(directory: string, lock: LockFile | undefined): WatchkeeperError {
  const pid = lock?.record.holder?.pid;
  return new WatchkeeperError(`The data directory ${directory} is in use by process ${pid ?? "unknown"}`, {
    code: "data_directory_in_use",
    hint: `Stop that one first (kill ${pid ?? "PID"}), or start this one with another WATCHKEEPER_DATA_DIR and another WATCHKEEPER_HTTP_PORT`,
    exitCode: 1,
  });
}

function unfinished(directory: string): WatchkeeperError {
  return new WatchkeeperError(`A restore into ${directory} is under way or was cut short.`, {
    code: "restore_unfinished",
    hint: "Remove what is in it, and restore the backup again.",
  });
}

function upIsRunning(lock: LockFile): WatchkeeperError {
  return new WatchkeeperError(`Watchkeeper runs on this data directory (process ${lock.record.holder?.pid})`, {
    code: "up_is_running",
    hint: "Ask the running one; its address and token are in connection.json",
  });
}
