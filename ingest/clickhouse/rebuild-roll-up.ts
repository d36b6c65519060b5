/**
 * The view that feeds the roll-up may be dropped alone: then events are stored and not counted, and no insert fails. The
 * view is made again and the hours that lack events are counted anew. Meanwhile the roll-up has another name, so that
 * the server refuses inserts of events and none is counted twice or left out; older hours, whose events are gone, stay.
 */
import { TABLES } from "../../schemas/clickhouse/tables.ts";
import { classifyStoreError } from "./classify.ts";
import type { StoreCommands } from "./connect.ts";
import {
  createFilling,
  dropFillings,
  dropTables,
  type FillOptions,
  fillFromEvents,
  fillingsOf,
  hoursBehindEvents,
  hoursBehindRollUp,
  renameTable,
  tablesOf,
  takePlace,
} from "./fill-roll-up.ts";
import { migrate, targetOf } from "./migrate.ts";

/** The roll-up as it was, until the one that is rebuilt has its place. */
const FORMER = "events_hourly_former";
/** The view that feeds the roll-up. */
const FEED = "events_hourly_feed";

/**
 * Does nothing where all is there; goes on where a former process was cut off. For one process at a time. Answers
 * whether it rebuilt. Errors as `classifyStoreError` says.
 */
export async function rebuildRollUp(client: StoreCommands, options: FillOptions): Promise<boolean> {
  try {
    const there = await tablesOf(client, options.database);
    if (!isBegun(there) && !isUnfed(there)) return false;
    options.logger.warn("the roll-up of the store is not fed or not whole; it is rebuilt, events wait in the log");
    const target = targetOf(options);
    if (there.has(FORMER) && !there.has(TABLES.events) && !there.has(TABLES.eventsHourly)) {
      // Whoever dropped the events meanwhile made them a matter of `restoreTables`.
      await renameTable(client, target, FORMER, TABLES.eventsHourly);
      return true;
    }
    if (!there.has(FORMER)) {
      // From here on it is known to be begun: the view alone does not tell that hours are lacking.
      await createFilling(client, options);
      await migrate(client, { ...options, again: true });
      await renameTable(client, target, TABLES.eventsHourly, FORMER);
    } else if (there.has(TABLES.eventsHourly) && (await hoursBehind(client, options)) > 0) {
      // Not what was rebuilt but an empty one, made beside it: what it holds is in the events as well.
      await dropTables(client, target, [TABLES.eventsHourly]);
    }
    const isInPlace = (await tablesOf(client, options.database)).has(TABLES.eventsHourly);
    if (!isInPlace) await replace(client, options);
    await dropFillings(client, options);
    await dropTables(client, target, [FORMER]);
    options.logger.info("the roll-up of the store is whole again");
    return true;
  } catch (error) {
    throw classifyStoreError(error);
  }
}

/** A roll-up that is missing while its view is there makes inserts fail, and is a matter of `restoreTables`. */
function isBegun(there: ReadonlySet<string>): boolean {
  return there.has(FORMER) || (there.has(TABLES.eventsHourly) && fillingsOf(there).length > 0);
}

const isUnfed = (there: ReadonlySet<string>): boolean => there.has(TABLES.events) && !there.has(FEED);

async function hoursBehind(client: StoreCommands, options: FillOptions): Promise<number> {
  return (await hoursBehindRollUp(client, options, TABLES.eventsHourly, FORMER)).length;
}

async function replace(client: StoreCommands, options: FillOptions): Promise<void> {
  const filling = await fill(client, options);
  // Dropped meanwhile, so that events came in all the while: the next look finds that, too.
  const isFed = (await tablesOf(client, options.database)).has(FEED);
  if (isFed) await takePlace(client, options, filling);
  else await renameTable(client, targetOf(options), filling, TABLES.eventsHourly);
}

/** Hours that count fewer events than are stored come from the events, the others as they are. Its name. */
async function fill(client: StoreCommands, options: FillOptions): Promise<string> {
  const target = targetOf(options);
  const former = target.name(FORMER);
  const filling = await createFilling(client, options);
  const hours = await hoursBehindEvents(client, target, FORMER);
  const lacking = `[${hours.join(",")}]`;
  await client.command({
    query: `INSERT INTO ${target.name(filling)} SELECT * FROM ${former} WHERE NOT has(${lacking}, toUInt32(hour))`,
    clickhouse_settings: { async_insert: 0, wait_end_of_query: 1, insert_deduplication_token: "filling/former" },
  });
  if (hours.length > 0) {
    await fillFromEvents(client, target, filling, `has(${lacking}, toUInt32(toStartOfHour(e.judged_at)))`);
  }
  return filling;
}
