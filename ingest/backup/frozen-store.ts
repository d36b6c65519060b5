/**
 * The embedded store into a folder and back. FREEZE links the files of every part, which never change, in a moment,
 * whatever the size; they are copied afterwards. Unlike BACKUP it needs no right that reaches outside of the store.
 */
import { cp, mkdir, readdir, rm } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import type { ClickHouseClient } from "@clickhouse/client";
import { messageOf, WatchkeeperError } from "../../schemas/errors.ts";
import { connectStore } from "../clickhouse/connect.ts";
import { copyOne, filesBelow } from "./files.ts";

/** A running embedded engine, by its writing user. */
export interface EngineAccess {
  /** The engine's own directory. */
  readonly directory: string;
  readonly url: string;
  readonly username: string;
  readonly password: string;
  readonly database: string;
}

/** All rows as they were at one moment. */
export interface FrozenStore {
  /** The newest migration that its tables have. */
  readonly migration: number;
  /** Copies it into `TABLE/PART/…`. */
  copyTo(directory: string, signal: AbortSignal): Promise<void>;
}

const NAME = "watchkeeper_backup";
/** Its rows are the migrations' own; a restore makes the tables by these. */
const MIGRATIONS_TABLE = "schema_migrations";

/** ClickHouse links frozen parts here, below `shadow`, at their path in the data folder. */
const shadow = (directory: string): string => join(directory, "data", "shadow", NAME);

/** Gives back what is frozen, also what a backup that was cut short left. */
export async function dropFrozen(directory: string): Promise<void> {
  await rm(shadow(directory), { recursive: true, force: true });
}

/** Call while nothing is written. Error `backup_failed`. */
export async function freezeStore(engine: EngineAccess): Promise<FrozenStore> {
  const { directory, database } = engine;
  await dropFrozen(directory);
  const client = connectStore(engine);
  try {
    const tables = await tablesOf(client, database);
    for (const { name } of tables) {
      await client.command({ query: `ALTER TABLE ${database}.${name} FREEZE WITH NAME '${NAME}'` });
    }
    const query = `SELECT max(number) AS number FROM ${database}.${MIGRATIONS_TABLE}`;
    const result = await client.query({ query, format: "JSONEachRow" });
    const [row] = await result.json<{ number: number | string }>();
    return { migration: Number(row?.number ?? 0), copyTo: (target, signal) => copy(engine, tables, target, signal) };
  } catch (error) {
    throw new WatchkeeperError(`The store cannot be backed up: ${messageOf(error)}`, {
      code: "backup_failed",
      cause: error,
    });
  } finally {
    await client.close();
  }
}

interface StoredTable {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
}

async function tablesOf(client: ClickHouseClient, database: string): Promise<readonly StoredTable[]> {
  const result = await client.query({
    query: `SELECT name, data_paths[1] AS path FROM system.tables
      WHERE database = {database:String} AND engine LIKE '%MergeTree' ORDER BY name`,
    query_params: { database },
    format: "JSONEachRow",
  });
  return (await result.json<StoredTable>()).filter(({ name }) => name !== MIGRATIONS_TABLE);
}

async function copy(
  { directory }: EngineAccess,
  tables: readonly StoredTable[],
  target: string,
  signal: AbortSignal,
): Promise<void> {
  for (const { name, path } of tables) {
    const frozen = join(shadow(directory), relative(resolve(directory, "data"), resolve(path)));
    for (const file of await filesBelow(frozen)) {
      signal.throwIfAborted();
      await copyOne(join(frozen, file), join(target, name, file));
    }
  }
}

/** `202645_1_7_2`: partition, first and last block, level. Of rows that replace each other the later part's stays. */
const firstBlock = (part: string): number => Number(part.split("_")[1]);

/** Fills tables that are made and empty. Error `restore_failed`. */
export async function thawStore(engine: EngineAccess, from: string, signal: AbortSignal): Promise<void> {
  const client = connectStore(engine);
  try {
    const tables = await tablesOf(client, engine.database);
    for (const name of await readdir(from)) {
      const table = tables.find((one) => one.name === name);
      if (table === undefined) throw new Error(`this version has no table ${name}`);
      const parts = await readdir(join(from, name));
      for (const part of parts.sort((a, b) => firstBlock(a) - firstBlock(b))) {
        signal.throwIfAborted();
        const detached = join(table.path, "detached");
        await mkdir(detached, { recursive: true });
        await cp(join(from, name, part), join(detached, part), { recursive: true });
        await client.command({
          query: `ALTER TABLE ${engine.database}.${name} ATTACH PART {part:String}`,
          query_params: { part },
        });
      }
    }
  } catch (error) {
    throw new WatchkeeperError(`The store cannot be restored: ${messageOf(error)}`, {
      code: "restore_failed",
      hint: "Use the version of Watchkeeper that made the backup, or a later one.",
      cause: error,
    });
  } finally {
    await client.close();
  }
}
