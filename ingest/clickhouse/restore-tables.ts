/**
 * Brings tables back that somebody dropped while rows were being written. While the roll-up is missing the server
 * refuses every insert of events, so it is filled under another name first: then no event is counted twice or left out.
 */
import { TABLES } from "../../schemas/clickhouse/tables.ts";
import { classifyStoreError } from "./classify.ts";
import type { StoreCommands } from "./connect.ts";
import {
  createFilling,
  dropFillings,
  type FillOptions,
  fillFromEvents,
  hoursBehindEvents,
  tablesOf,
  takePlace,
} from "./fill-roll-up.ts";
import { migrate, targetOf } from "./migrate.ts";
import { rebuildRollUp } from "./rebuild-roll-up.ts";

/**
 * Does nothing where all are there. The database has to be there, and the view that feeds the roll-up if `events` is
 * (`rebuildRollUp`). For one process at a time. Errors as `classifyStoreError` says.
 */
export async function restoreTables(client: StoreCommands, options: FillOptions): Promise<void> {
  const { logger, database } = options;
  let isAllNew = false;
  try {
    const there = await tablesOf(client, database);
    const missing = Object.values(TABLES).filter((table) => !there.has(table));
    if (missing.length === 0) return;
    logger.warn({ missing }, "tables of the store are missing; they are made again");
    isAllNew = !there.has(TABLES.events);
    if (!isAllNew && !there.has(TABLES.eventsHourly)) await refillRollUp(client, options);
  } catch (error) {
    throw classifyStoreError(error);
  }
  await migrate(client, { ...options, again: true });
  if (isAllNew) await countWhatCameBeforeTheView(client, options);
}

/** Other inserts go on while tables are made: what came into the new events before their view was there is not counted. */
async function countWhatCameBeforeTheView(client: StoreCommands, options: FillOptions): Promise<void> {
  try {
    if ((await hoursBehindEvents(client, targetOf(options), TABLES.eventsHourly)).length === 0) return;
    // A filling tells that the roll-up is not whole, also after a crash.
    await createFilling(client, options);
  } catch (error) {
    throw classifyStoreError(error);
  }
  await rebuildRollUp(client, options);
}

async function refillRollUp(client: StoreCommands, options: FillOptions): Promise<void> {
  const filling = await createFilling(client, options);
  await fillFromEvents(client, targetOf(options), filling);
  await takePlace(client, options, filling);
  await dropFillings(client, options);
}
