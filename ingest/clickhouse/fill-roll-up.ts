/**
 * A roll-up is filled under a name of its own for each attempt, compared, and then takes its place: whoever else fills one
 * at the same time, an owner that was cut off or one that does not know yet that it no longer leads, can only fail.
 */
import { hourlySelect } from "../../schemas/clickhouse/001-store.ts";
import type { MigrationTarget } from "../../schemas/clickhouse/migration.ts";
import { MIGRATIONS } from "../../schemas/clickhouse/migrations.ts";
import { TABLES } from "../../schemas/clickhouse/tables.ts";
import { WatchkeeperError } from "../../schemas/errors.ts";
import type { StoreCommands } from "./connect.ts";
import { type MigrateOptions, targetOf } from "./migrate.ts";

/** How the names of roll-ups that are being filled begin. */
const FILLING = "events_hourly_filling";
const DAY_MS = 86_400_000;

export interface FillOptions extends MigrateOptions {
  /** Different for each attempt of each process: letters, digits and underscores. */
  readonly attempt: string;
}

/** Names of tables and views. */
export async function tablesOf(client: StoreCommands, database: string): Promise<ReadonlySet<string>> {
  const query = "SELECT name FROM system.tables WHERE database = {database:String}";
  const result = await client.query({ query, query_params: { database }, format: "JSONEachRow" });
  return new Set((await result.json<{ name: string }>()).map(({ name }) => name));
}

/** The roll-ups among them that an attempt left. */
export function fillingsOf(tables: ReadonlySet<string>): readonly string[] {
  return [...tables].filter((table) => table.startsWith(FILLING));
}

/** An empty roll-up under the attempt's own name, which is returned. What other attempts left is dropped. */
export async function createFilling(client: StoreCommands, options: FillOptions): Promise<string> {
  const target = targetOf(options);
  const name = `${FILLING}_${options.attempt}`;
  const filling: MigrationTarget = {
    ...target,
    define: (table) => target.define(table === TABLES.eventsHourly ? name : table),
  };
  const statements = MIGRATIONS.flatMap((migration) => migration.statements(filling));
  for (const query of statements.filter((text) => text.includes(name))) await client.command({ query });
  await dropFillings(client, options, name);
  return name;
}

/** Drops the roll-ups of all attempts but this one. */
export async function dropFillings(client: StoreCommands, options: MigrateOptions, but?: string): Promise<void> {
  const others = fillingsOf(await tablesOf(client, options.database)).filter((name) => name !== but);
  await dropTables(client, targetOf(options), others);
}

/** Fills it from events, those of which the condition on `e` holds. */
export async function fillFromEvents(
  client: StoreCommands,
  target: MigrationTarget,
  filling: string,
  where = "1",
): Promise<void> {
  const events = target.name(TABLES.events);
  // By the week, as the table is partitioned, so that no statement outlasts a request.
  const query = `SELECT DISTINCT toString(toMonday(arrived_at)) AS week FROM ${events} ORDER BY week`;
  const weeks = await (await client.query({ query, format: "JSONEachRow" })).json<{ week: string }>();
  for (const { week } of weeks) {
    await client.command({
      query: `INSERT INTO ${target.name(filling)} (hour, agent, kind, tool, events, errors, cost, unpriced, input_tokens,
        output_tokens, duration, arrived_at) ${hourlySelect(events, `toMonday(e.arrived_at) = {week:Date} AND ${where}`)}`,
      query_params: { week },
      clickhouse_settings: { async_insert: 0, wait_end_of_query: 1, insert_deduplication_token: `filling/${week}` },
    });
  }
}

/** Hours (Unix seconds) of which the roll-up counts less than there are events. */
export function hoursBehindEvents(
  client: StoreCommands,
  target: MigrationTarget,
  rollUp: string,
  where = "1",
): Promise<readonly number[]> {
  const counted = `SELECT toStartOfHour(judged_at) AS hour, count() AS n FROM ${target.name(TABLES.events)}`;
  return hoursBehind(client, `${counted} WHERE ${where} GROUP BY hour`, target.name(rollUp));
}

/** Hours of which the roll-up counts less than another one. */
export function hoursBehindRollUp(
  client: StoreCommands,
  options: MigrateOptions,
  rollUp: string,
  other: string,
): Promise<readonly number[]> {
  const target = targetOf(options);
  const counted = `SELECT hour, sum(events) AS n FROM ${target.name(other)} WHERE ${keptBoth(options)} GROUP BY hour`;
  return hoursBehind(client, counted, target.name(rollUp));
}

async function hoursBehind(client: StoreCommands, counted: string, rollUp: string): Promise<readonly number[]> {
  const query = `SELECT toUInt32(s.hour) AS hour FROM (${counted}) AS s
      LEFT JOIN (SELECT hour, sum(events) AS n FROM ${rollUp} GROUP BY hour) AS r ON toUInt32(r.hour) = toUInt32(s.hour)
    WHERE r.n < s.n`;
  const rows = await (await client.query({ query, format: "JSONEachRow" })).json<{ hour: number }>();
  return rows.map(({ hour }) => Number(hour));
}

/** What retention takes neither from events nor from roll-ups for another day: it comes to each table in its own time. */
function keptBoth({ retention }: MigrateOptions): string {
  const ms = Math.max(0, Math.min(retention.events, retention.rollups) - DAY_MS);
  return `toUnixTimestamp(toDateTime(arrived_at)) > toUnixTimestamp(now()) - ${Math.floor(ms / 1000)}`;
}

/** Renames it to the roll-up, if no event is missing in it. Error: `store_unavailable`, to be tried again. */
export async function takePlace(client: StoreCommands, options: MigrateOptions, filling: string): Promise<void> {
  const target = targetOf(options);
  if ((await hoursBehindEvents(client, target, filling, keptBoth(options))).length > 0) {
    const message = "Events came in while their roll-up was made again.";
    throw new WatchkeeperError(message, { code: "store_unavailable", verdict: "retry" });
  }
  await renameTable(client, target, filling, TABLES.eventsHourly);
}

export async function renameTable(
  client: StoreCommands,
  target: MigrationTarget,
  from: string,
  to: string,
): Promise<void> {
  await client.command({ query: `RENAME TABLE ${target.name(from)} TO ${target.name(to)}${target.onCluster}` });
}

export async function dropTables(
  client: StoreCommands,
  target: MigrationTarget,
  tables: readonly string[],
): Promise<void> {
  for (const table of tables) await client.command({ query: `DROP TABLE IF EXISTS ${target.define(table)} SYNC` });
}
