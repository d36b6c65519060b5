/**
 * A backup of the data directory, while it is in use.
 *
 * MUST
 * - Log and store fit together: while both are fixed the store's writer is held, so the store holds exactly the rows
 *   before its committed offsets. Events wait in the log, alerts go on.
 * - Where shipping stands is never ahead of the log: intake is held while checkpoints are copied and the log's moment
 *   is fixed, a few milliseconds.
 * - The manifest is written last; a failure takes back what was written.
 */
import { readdir } from "node:fs/promises";
import { join, resolve, sep } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";
import { WatchkeeperError } from "../../schemas/errors.ts";
import { GROUPS, TOPICS } from "../../schemas/topics.ts";
import type { EmbeddedLog } from "../log/embedded-log.ts";
import type { EventLog } from "../log/event-log.ts";
import { bytesBelow, copyOne, filesBelow, fingerprint, type ListedFile } from "./files.ts";
import type { FrozenStore } from "./frozen-store.ts";
import { type Manifest, writeManifest } from "./manifest.ts";
import { mustHaveRoom, prepareTarget, roomError } from "./target.ts";

/** The embedded store. */
export interface StoreToBackUp {
  /** Version of the engine. */
  readonly engine: string;
  /** Fixes all rows as they are now; call while it is held. */
  freeze(): Promise<FrozenStore>;
  /** Gives back what was fixed. */
  drop(): Promise<void>;
  /** See `Store.hold`. */
  hold(signal: AbortSignal): Promise<() => void>;
}

export interface BackupOptions {
  readonly dataDirectory: string;
  /** One without `snapshot` is not in the data directory, and so not in the backup. */
  readonly log: Pick<EventLog, "snapshot" | "lag"> & Partial<Pick<EmbeddedLog, "usage">>;
  /** Undefined: an outside ClickHouse, or none here. */
  readonly store: StoreToBackUp | undefined;
  /** Whether this process stores, be it in an outside ClickHouse. */
  readonly hasStore: boolean;
  /** Lets nothing be appended from outside until the returned function is called. */
  readonly holdIntake: (signal: AbortSignal) => Promise<() => void>;
  /** Version of this program. */
  readonly program: string;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly logger: Pick<Logger, "info" | "warn">;
}

export interface BackupReport extends Omit<Manifest, "files"> {
  readonly directory: string;
  /** Of the process that wrote it; the manifest does not say why a store is not inside. */
  readonly hasStore: boolean;
  readonly bytes: { readonly log: number; readonly store: number; readonly other: number };
  /** How long the store's writer and intake were held (ms). */
  readonly heldMs: { readonly store: number; readonly intake: number };
}

export interface Backup {
  /**
   * Errors: `backup_running`, `backup_directory_not_empty`, `backup_directory_not_writable`, `backup_no_room`,
   * `backup_store_busy`, `backup_failed`; the signal's reason when it aborts.
   */
  run(directory: string, signal: AbortSignal): Promise<BackupReport>;
  /** Breaks off a backup that runs, and waits until it is taken back. */
  stop(): Promise<void>;
}

/** How long the store may take to finish what is under way. */
const SETTLE_WITHIN_MS = 60_000;
/** A shipper whose post was answered before the hold has saved that by then. */
const SHIPPERS_MS = 100;
/** What a backup writes elsewhere, what belongs to a running process, and drafts of files. */
const NOT_COPIED = /^(?:log|store)$|^lock\.|^draft\.|^connection\.json/;

export function createBackup(options: BackupOptions): Backup {
  const stopping = new AbortController();
  let running: Promise<BackupReport> | undefined;
  return {
    run(directory, signal) {
      if (running !== undefined || stopping.signal.aborted) return Promise.reject(alreadyRunning());
      running = backUp(options, resolve(directory), AbortSignal.any([signal, stopping.signal])).finally(() => {
        running = undefined;
      });
      return running;
    },
    async stop() {
      stopping.abort(new WatchkeeperError("Watchkeeper stops; the backup was taken back.", stopped));
      await running?.catch(() => undefined);
    },
  };
}

const stopped = { code: "backup_stopped", verdict: "retry" } as const;

async function backUp(options: BackupOptions, directory: string, signal: AbortSignal): Promise<BackupReport> {
  const data = resolve(options.dataDirectory);
  if (`${directory}${sep}`.startsWith(`${data}${sep}`)) throw insideData(directory);
  const target = await prepareTarget(directory);
  try {
    await mustFit(options, data, directory);
    const fixed = await fix(options, data, directory, signal);
    await fixed.log?.copied;
    signal.throwIfAborted();
    await fixed.store?.copyTo(join(directory, "store"), signal);
    const files: ListedFile[] = [];
    for (const path of await filesBelow(directory)) {
      signal.throwIfAborted();
      files.push(await fingerprint(directory, path, true));
    }
    const { format, ...content } = await writeManifest(directory, {
      program: options.program,
      at: fixed.at,
      log: fixed.log !== undefined,
      store: storeOf(options, fixed),
      positions: fixed.positions,
      files,
    });
    const { hasStore } = options;
    const report = { format, ...content, directory, hasStore, bytes: sizes(files), heldMs: fixed.heldMs };
    options.logger.info({ directory, bytes: report.bytes, heldMs: report.heldMs }, "backup written");
    const { files: _files, ...told } = report;
    return told;
  } catch (error) {
    await target.clear();
    options.logger.warn({ directory, error: String(error) }, "backup failed");
    throw roomError(directory, error);
  } finally {
    await options.store?.drop();
  }
}

function storeOf({ store }: BackupOptions, { store: frozen }: Fixed): Manifest["store"] {
  if (store === undefined || frozen === undefined) return null;
  return { engine: store.engine, migration: frozen.migration };
}

async function mustFit({ log, store }: BackupOptions, data: string, directory: string): Promise<void> {
  const tables = store === undefined ? 0 : await bytesBelow(join(data, "store", "data"));
  const records = log.usage?.().usedBytes ?? 0;
  await mustHaveRoom(directory, tables + records);
}

interface Fixed {
  readonly at: string;
  readonly store: FrozenStore | undefined;
  readonly log: { readonly copied: Promise<void> } | undefined;
  readonly positions: Manifest["positions"];
  readonly heldMs: BackupReport["heldMs"];
}

/** Fixes one moment of store, log and other files. */
async function fix(options: BackupOptions, data: string, directory: string, signal: AbortSignal): Promise<Fixed> {
  const { log, store, now } = options;
  const release = await holdStore(store, signal);
  const since = now();
  try {
    const frozen = await store?.freeze();
    signal.throwIfAborted();
    const reopen = await options.holdIntake(signal);
    const shut = now();
    try {
      await copyOthers(data, directory, signal);
      const snapshot = await log.snapshot?.(join(directory, "log"));
      snapshot?.copied.catch(() => undefined);
      return {
        at: new Date(now()).toISOString(),
        store: frozen,
        log: snapshot,
        positions: await positionsOf(log),
        heldMs: { store: now() - since, intake: now() - shut },
      };
    } finally {
      reopen();
    }
  } finally {
    release();
  }
}

async function holdStore(store: StoreToBackUp | undefined, signal: AbortSignal): Promise<() => void> {
  if (store === undefined) return () => undefined;
  try {
    return await store.hold(AbortSignal.any([signal, AbortSignal.timeout(SETTLE_WITHIN_MS)]));
  } catch (error) {
    signal.throwIfAborted();
    throw new WatchkeeperError(
      "The store does not answer, or not all partitions are open in this process: what is under way cannot be finished.",
      {
        code: "backup_store_busy",
        verdict: "retry",
        hint: "Look at /readyz and the log; try again when rows are being written, in the one process that has the role store.",
        cause: error,
      },
    );
  }
}

async function copyOthers(data: string, directory: string, signal: AbortSignal): Promise<void> {
  const others = async () => {
    const entries = (await readdir(data, { withFileTypes: true })).filter(({ name }) => !NOT_COPIED.test(name));
    const below = entries.map(async (entry) => {
      if (entry.isFile()) return [entry.name];
      return (await filesBelow(join(data, entry.name))).map((path) => join(entry.name, path));
    });
    return (await Promise.all(below)).flat().filter((path) => !path.endsWith(".tmp"));
  };
  if ((await others()).length > 0) await delay(SHIPPERS_MS, undefined, { signal });
  for (const path of await others()) await copyOne(join(data, path), join(directory, "files", path));
}

async function positionsOf(log: BackupOptions["log"]): Promise<Manifest["positions"]> {
  const topics = [TOPICS.journal, TOPICS.dead, TOPICS.findings];
  const lags = await Promise.all(topics.map((topic) => log.lag(GROUPS.store, topic)));
  return lags.flat().map(({ topic, partition, committed }) => ({ topic, partition, offset: committed }));
}

function sizes(files: readonly ListedFile[]): BackupReport["bytes"] {
  const below = (folder: string) =>
    files.filter(({ path }) => path.startsWith(`${folder}/`)).reduce((sum, { size }) => sum + size, 0);
  return { log: below("log"), store: below("store"), other: below("files") };
}

function alreadyRunning(): WatchkeeperError {
  return new WatchkeeperError("Another backup is being written.", { code: "backup_running", verdict: "retry" });
}

function insideData(directory: string): WatchkeeperError {
  return new WatchkeeperError(`${directory} lies in the data directory itself.`, {
    code: "backup_directory_not_writable",
    hint: "Name a folder outside, best on another disk.",
    exitCode: 2,
  });
}
