/** Applies the numbered migrations, each once, and brings retention up to date. */
import type { Logger } from "pino";
import {
  type Migration,
  type MigrationTarget,
  type ReplicatedCluster,
  type Retention,
  replicatedCluster,
  singleServer,
} from "../../schemas/clickhouse/migration.ts";
import { MIGRATIONS } from "../../schemas/clickhouse/migrations.ts";
import { ttlOf } from "../../schemas/clickhouse/retention.ts";
import { TABLES } from "../../schemas/clickhouse/tables.ts";
import { WatchkeeperError } from "../../schemas/errors.ts";
import { classifyStoreError } from "./classify.ts";
import { type StoreCommands, safeDatabase } from "./connect.ts";

export interface MigrateOptions {
  readonly database: string;
  readonly retention: Retention;
  readonly logger: Logger;
  /** Undefined: one server. */
  readonly cluster?: ReplicatedCluster | undefined;
  /** Default: all that this version has. */
  readonly migrations?: readonly Migration[];
  /** Runs those again, too, that are recorded as applied: somebody dropped a table. */
  readonly again?: boolean;
}

/** The names and engines for which the migrations are written out. */
export function targetOf({ database, retention, cluster }: MigrateOptions): MigrationTarget {
  const safe = safeDatabase(database);
  return cluster === undefined ? singleServer(safe, retention) : replicatedCluster(safe, retention, cluster);
}

const TABLE = "schema_migrations";

/**
 * Safe to be run again, and by two processes at once: every statement says IF NOT EXISTS, and a migration is
 * recorded after its last one. Returns the numbers that were applied now.
 * @throws WatchkeeperError `schema_too_new` when the database was migrated by a later version; otherwise as
 *   `classifyStoreError` says.
 */
export async function migrate(client: StoreCommands, options: MigrateOptions): Promise<readonly number[]> {
  const { logger, migrations = MIGRATIONS } = options;
  const target = targetOf(options);
  try {
    await client.command({ query: migrationsTable(target) });
    const applied = await appliedNumbers(client, target.name(TABLE));
    refuseNewer(applied, migrations);
    const pending = migrations.filter(({ number }) => options.again === true || !applied.has(number));
    for (const migration of pending) {
      for (const query of migration.statements(target)) await client.command({ query });
      await client.command({
        query: `INSERT INTO ${target.name(TABLE)} SELECT {number:UInt32}, {name:String}, now64(3)`,
        query_params: { number: migration.number, name: migration.name },
      });
      logger.info({ migration: migration.number, name: migration.name }, "migration applied");
    }
    await applyRetention(client, options);
    return pending.map(({ number }) => number);
  } catch (error) {
    throw classifyStoreError(error);
  }
}

/** The table that records which migrations were applied. */
export function migrationsTable(target: MigrationTarget): string {
  return `CREATE TABLE IF NOT EXISTS ${target.define(TABLE)} (
    number UInt32,
    name String,
    applied_at DateTime64(3, 'UTC')
  ) ENGINE = ${target.engine("ReplacingMergeTree")}
  ORDER BY number
  SETTINGS ${target.dedup}, fsync_after_insert = 1, fsync_part_directory = 1`;
}

async function appliedNumbers(client: StoreCommands, table: string): Promise<Set<number>> {
  const result = await client.query({ query: `SELECT DISTINCT number FROM ${table}`, format: "JSONEachRow" });
  return new Set((await result.json<{ number: number }>()).map(({ number }) => Number(number)));
}

function refuseNewer(applied: ReadonlySet<number>, migrations: readonly Migration[]): void {
  const known = Math.max(0, ...migrations.map(({ number }) => number));
  const newest = Math.max(0, ...applied);
  if (newest <= known) return;
  throw new WatchkeeperError(`The database is at migration ${newest}; this version knows ${known}.`, {
    code: "schema_too_new",
    hint: "Start the version of Watchkeeper that migrated it, or a later one.",
  });
}

/** Rewrites the TTL of tables whose retention was changed since; ClickHouse applies it in the background. */
async function applyRetention(client: StoreCommands, options: MigrateOptions): Promise<void> {
  const { database, retention, logger } = options;
  const target = targetOf(options);
  const result = await client.query({
    query: "SELECT name, engine_full FROM system.tables WHERE database = {database:String}",
    query_params: { database },
    format: "JSONEachRow",
  });
  const engines = new Map((await result.json<{ name: string; engine_full: string }>()).map((t) => [t.name, t]));
  for (const table of Object.values(TABLES)) {
    const ttl = ttlOf(table, retention);
    if (engines.get(table)?.engine_full.includes(` TTL ${ttl} SETTINGS `) ?? true) continue;
    await client.command({ query: `ALTER TABLE ${target.define(table)} MODIFY TTL ${ttl}` });
    logger.info({ table, ttl }, "retention changed");
  }
}
