/**
 * Brings tables back that somebody dropped while rows were being written. While the roll-up is missing the server
 * refuses every insert of events, so it is filled under another name first: then no event is counted twice or left out.
 */
import type { ClickHouseClient } from "@clickhouse/client";
import { hourlySelect } from "../../schemas/clickhouse/001-store.ts";
import type { MigrationTarget } from "../../schemas/clickhouse/migration.ts";
import { MIGRATIONS } from "../../schemas/clickhouse/migrations.ts";
import { TABLES } from "../../schemas/clickhouse/tables.ts";
import { WatchkeeperError } from "../../schemas/errors.ts";
import { classifyStoreError } from "./classify.ts";
import { type MigrateOptions, migrate, targetOf } from "./migrate.ts";

/** Where a roll-up is filled before it takes its place. */
export const FILLING = "events_hourly_filling";
/** A roll-up that is being rebuilt (`rebuildRollUp`); until that is done nobody else touches any. */
export const FORMER = "events_hourly_former";
/** The view that feeds the roll-up. */
export const FEED = "events_hourly_feed";

/** The database has to be there. Errors as `classifyStoreError` says. */
export async function restoreTables(client: ClickHouseClient, options: MigrateOptions): Promise<void> {
  const { logger, database } = options;
  try {
    const there = await tablesOf(client, database);
    if (there.has(FORMER)) throw beingRebuilt();
    const missing = Object.values(TABLES).filter((table) => !there.has(table));
    logger.warn({ missing }, "tables of the store are missing; they are made again");
    if (there.has(TABLES.events) && !there.has(TABLES.eventsHourly)) await refillRollUp(client, targetOf(options));
  } catch (error) {
    throw classifyStoreError(error);
  }
  await migrate(client, { ...options, again: true });
}

function beingRebuilt(): WatchkeeperError {
  return new WatchkeeperError("The roll-up is being rebuilt.", { code: "store_unavailable", verdict: "retry" });
}

/** Names of tables and views. */
export async function tablesOf(client: ClickHouseClient, database: string): Promise<ReadonlySet<string>> {
  const query = "SELECT name FROM system.tables WHERE database = {database:String}";
  const result = await client.query({ query, query_params: { database }, format: "JSONEachRow" });
  return new Set((await result.json<{ name: string }>()).map(({ name }) => name));
}

async function refillRollUp(client: ClickHouseClient, target: MigrationTarget): Promise<void> {
  await createFilling(client, target);
  await fillFromEvents(client, target);
  await renameTable(client, target, FILLING, TABLES.eventsHourly);
}

/** An empty roll-up under another name. */
export async function createFilling(client: ClickHouseClient, target: MigrationTarget): Promise<void> {
  const filling: MigrationTarget = {
    ...target,
    define: (table) => target.define(table === TABLES.eventsHourly ? FILLING : table),
  };
  const statements = MIGRATIONS.flatMap((migration) => migration.statements(filling));
  await client.command({ query: `DROP TABLE IF EXISTS ${target.define(FILLING)} SYNC` });
  for (const query of statements.filter((text) => text.includes(FILLING))) await client.command({ query });
}

/** Fills it from events, those of which the condition on `e` holds. */
export async function fillFromEvents(client: ClickHouseClient, target: MigrationTarget, where = "1"): Promise<void> {
  const events = target.name(TABLES.events);
  // By the week, as the table is partitioned, so that no statement outlasts a request.
  const query = `SELECT DISTINCT toString(toMonday(arrived_at)) AS week FROM ${events} ORDER BY week`;
  const weeks = await (await client.query({ query, format: "JSONEachRow" })).json<{ week: string }>();
  for (const { week } of weeks) {
    await client.command({
      query: `INSERT INTO ${target.name(FILLING)} (hour, agent, kind, tool, events, errors, cost, unpriced, input_tokens,
        output_tokens, duration, arrived_at) ${hourlySelect(events, `toMonday(e.arrived_at) = {week:Date} AND ${where}`)}`,
      query_params: { week },
      clickhouse_settings: { async_insert: 0, wait_end_of_query: 1, insert_deduplication_token: `filling/${week}` },
    });
  }
}

export async function renameTable(
  client: ClickHouseClient,
  target: MigrationTarget,
  from: string,
  to: string,
): Promise<void> {
  await client.command({ query: `RENAME TABLE ${target.name(from)} TO ${target.name(to)}${target.onCluster}` });
}
