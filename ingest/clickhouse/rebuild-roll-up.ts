/**
 * The view that feeds the roll-up may be dropped alone: then events are stored and not counted, and no insert fails. The
 * view is made again and the hours that lack events are counted anew. Meanwhile the roll-up has another name, so that
 * the server refuses inserts of events and none is counted twice or left out; older hours, whose events are gone, stay.
 */
import type { ClickHouseClient } from "@clickhouse/client";
import { TABLES } from "../../schemas/clickhouse/tables.ts";
import { classifyStoreError } from "./classify.ts";
import { type MigrateOptions, migrate, targetOf } from "./migrate.ts";
import { createFilling, FEED, FILLING, FORMER, fillFromEvents, renameTable, tablesOf } from "./restore-tables.ts";

/**
 * Does nothing where all is there; goes on where a former process was cut off. For one process at a time. Answers
 * whether it rebuilt. Errors as `classifyStoreError` says.
 */
export async function rebuildRollUp(client: ClickHouseClient, options: MigrateOptions): Promise<boolean> {
  try {
    const there = await tablesOf(client, options.database);
    const isBegun = there.has(FORMER);
    if (!isBegun && (there.has(FEED) || !there.has(TABLES.events) || !there.has(TABLES.eventsHourly))) return false;
    options.logger.warn("the roll-up of the store is not fed or not whole; it is rebuilt, events wait in the log");
    const target = targetOf(options);
    if (isBegun && !there.has(TABLES.events) && !there.has(TABLES.eventsHourly)) {
      // Whoever dropped the events meanwhile made them a matter of `restoreTables`.
      await renameTable(client, target, FORMER, TABLES.eventsHourly);
      return true;
    }
    if (!isBegun) {
      await migrate(client, { ...options, again: true });
      await renameTable(client, target, TABLES.eventsHourly, FORMER);
    }
    // Cut off at the very end, it is in its place already.
    if (!isBegun || !there.has(TABLES.eventsHourly)) {
      await fill(client, options);
      await renameTable(client, target, FILLING, TABLES.eventsHourly);
    }
    await client.command({ query: `DROP TABLE ${target.define(FORMER)} SYNC` });
    options.logger.info("the roll-up of the store is whole again");
    return true;
  } catch (error) {
    throw classifyStoreError(error);
  }
}

/** Hours that count fewer events than are stored come from the events, the others as they are. */
async function fill(client: ClickHouseClient, options: MigrateOptions): Promise<void> {
  const target = targetOf(options);
  const former = target.name(FORMER);
  await createFilling(client, target);
  const query = `SELECT toUInt32(s.hour) AS hour FROM
      (SELECT toStartOfHour(judged_at) AS hour, count() AS n FROM ${target.name(TABLES.events)} GROUP BY hour) AS s
      LEFT JOIN (SELECT hour, sum(events) AS n FROM ${former} GROUP BY hour) AS r ON toUInt32(r.hour) = toUInt32(s.hour)
    WHERE r.n < s.n`;
  const rows = await (await client.query({ query, format: "JSONEachRow" })).json<{ hour: number }>();
  const lacking = `[${rows.map(({ hour }) => Number(hour)).join(",")}]`;
  await client.command({
    query: `INSERT INTO ${target.name(FILLING)} SELECT * FROM ${former} WHERE NOT has(${lacking}, toUInt32(hour))`,
    clickhouse_settings: { async_insert: 0, wait_end_of_query: 1, insert_deduplication_token: "filling/former" },
  });
  if (rows.length > 0) await fillFromEvents(client, target, `has(${lacking}, toUInt32(toStartOfHour(e.judged_at)))`);
}
