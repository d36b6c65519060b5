/**
 * Opens the store for a command that only looks: beside a running `up` it asks where that one says, alone it starts
 * the engine itself and makes room when an `up` wants the data directory.
 */
import { setMaxListeners } from "node:events";
import { join, resolve } from "node:path";
import type { Logger } from "pino";
import { WatchkeeperError } from "../schemas/errors.ts";
import { askReader } from "./clickhouse/ask-reader.ts";
import { connectStore } from "./clickhouse/connect.ts";
import { migrate } from "./clickhouse/migrate.ts";
import { awaitConnection, type Connection, readConnection } from "./data-directory/connection-file.ts";
import { holdsAny } from "./data-directory/directory.ts";
import { lockDataDirectory } from "./data-directory/lock.ts";
import { type Engine, startEngine } from "./engine/engine.ts";
import { readLogLag } from "./log/read-log-lag.ts";
import type { Settings } from "./settings/settings.ts";

/** A store that is open for questions. */
export interface Looking {
  /** Column names, their types, then the rows. Refuses what is not a single read-only question. */
  ask(sql: string, params: Readonly<Record<string, unknown>>): AsyncIterable<readonly unknown[]>;
  /** A sentence about events that were accepted and are not in the store yet; undefined: there are none. */
  readonly notStored: string | undefined;
  close(): Promise<void>;
}

interface Access {
  readonly url: string;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/**
 * Errors: `nothing_to_look_at`, `data_directory_in_use`, `engine_unavailable`, `store_not_here`, `gave_way` when an `up`
 * starts meanwhile.
 */
export async function openToLook(settings: Settings, logger: Logger): Promise<Looking> {
  const { clickhouse, dataDir } = settings.environment;
  const running = await readConnection(dataDir);
  if (running !== undefined) return lookBeside(running, clickhouse);
  if (clickhouse !== undefined) {
    return lookAt(clickhouse, await notStored(settings, logger), new AbortController(), async () => undefined);
  }
  try {
    return await openAlone(dataDir, settings, logger);
  } catch (error) {
    // An `up` that is still starting says only at its end where its store is.
    if (!(error instanceof WatchkeeperError) || error.code !== "up_is_running") throw error;
    const started = await awaitConnection(dataDir, STARTING_MS);
    if (started !== undefined) return lookBeside(started, clickhouse);
    throw error;
  }
}

const STARTING_MS = 10_000;

/** Where the running one looks, else where the environment says; a process without the store may know of none. */
function lookBeside({ pid, store }: Connection, clickhouse: Access | undefined): Looking {
  const access = store ?? clickhouse;
  if (access !== undefined) return lookAt(access, undefined, new AbortController(), async () => undefined);
  throw new WatchkeeperError(`The \`up\` that runs here (process ${pid}) does not run the role "store"`, {
    code: "store_not_here",
    hint: "Ask where a process with that role runs, or set CLICKHOUSE_URL.",
  });
}

/** What tells a directory that an `up` has used, or is about to, from any other. */
const FILLED = /^(?:store|log)$/;
const FILLED_OR_HELD = /^(?:store|log|lock\.\d+|restore\.unfinished)$/;

async function openAlone(directory: string, settings: Settings, logger: Logger): Promise<Looking> {
  // Before the lock, which would create the directory; and under it, because an `up` may have ended before it wrote.
  if (!(await holdsAny(directory, FILLED_OR_HELD))) throw nothingThere(directory);
  const lock = await lockDataDirectory(directory, "look");
  let engine: Engine | undefined;
  const close = async (): Promise<void> => {
    await engine?.stop();
    await lock.release();
  };
  try {
    if (!(await holdsAny(directory, FILLED))) throw nothingThere(directory);
    engine = await startEngine({ directory: join(directory, "store"), logger });
    const { url, writer, reader, database } = engine;
    // Where only the log was filled yet, the tables are empty.
    const client = connectStore({ url, ...writer, database });
    await migrate(client, { database, retention: settings.config.retention, logger }).finally(() => client.close());
    const wanted = new AbortController();
    void lock.wanted.then(() => wanted.abort());
    const access = { url, user: reader.username, password: reader.password, database };
    return lookAt(access, await notStored(settings, logger), wanted, close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function notStored({ environment }: Settings, logger: Logger): Promise<string | undefined> {
  const { kafka, dataDir } = environment;
  if (kafka === undefined) {
    const events = await readLogLag(join(dataDir, "log"));
    const waiting = events === 1 ? "1 accepted event is" : `${events} accepted events are`;
    return events === 0 ? undefined : `${waiting} not stored yet; \`watchkeeper up\` stores them`;
  }
  // Only here, so that a process without Kafka does not carry its client.
  const { readKafkaLag } = await import("./log/read-kafka-lag.ts");
  const records = await readKafkaLag({ connection: kafka, logger });
  if (records === undefined) return "Kafka does not say how many accepted events are not stored yet";
  return records === 0
    ? undefined
    : `about ${records} accepted events are not stored yet; processes with the role "store" store them`;
}

function lookAt(
  access: Access,
  notStored: string | undefined,
  wanted: AbortController,
  close: () => Promise<void>,
): Looking {
  const client = connectStore({ ...access, username: access.user });
  // A listener for each question that is under way: a review asks many at once.
  setMaxListeners(0, wanted.signal);
  return {
    notStored,
    async *ask(sql, params) {
      try {
        const { columns, rows } = await unlessAborted(
          askReader(client, sql, params, { database: access.database, signal: wanted.signal }),
          wanted.signal,
        );
        yield columns.map(({ name }) => name);
        yield columns.map(({ type }) => type);
        yield* rows;
      } catch (error) {
        throw wanted.signal.aborted ? gaveWay() : error;
      }
    },
    async close() {
      await client.close();
      await close();
    },
  };
}

/** The client does not look at a signal that was aborted before it listens; the engine's end stops its question then. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveWay = () => reject(gaveWay());
    if (signal.aborted) giveWay();
    signal.addEventListener("abort", giveWay, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", giveWay));
  });
}

/** An empty store would answer that all is well. */
function nothingThere(directory: string): WatchkeeperError {
  return new WatchkeeperError(`There is nothing to look at in ${resolve(directory)}.`, {
    code: "nothing_to_look_at",
    hint: "Name the data directory in WATCHKEEPER_DATA_DIR, or an outside store in CLICKHOUSE_URL.",
    exitCode: 2,
  });
}

function gaveWay(): WatchkeeperError {
  return new WatchkeeperError("An `up` is starting on this data directory, so this command made room for it.", {
    code: "gave_way",
    hint: "Run the command again; it will ask the running `up`.",
  });
}
