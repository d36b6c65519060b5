/** TTL of each table. Written as ClickHouse prints it, so that a changed retention is seen by comparing text. */
import type { Retention } from "./migration.ts";
import { TABLES, type TableName } from "./tables.ts";

/** Retention is cut here: an instant plus a longer one would wrap 32 bits of seconds and be over at once. */
const LONGEST_SECONDS = 50 * 365 * 86_400;

function after(column: string, ms: number): string {
  return `${column} + toIntervalSecond(${Math.min(Math.ceil(ms / 1000), LONGEST_SECONDS)})`;
}

/** The TTL expression of a table. Retention counts from arrival or from our own clock, never from an agent's. */
export function ttlOf(table: TableName, retention: Retention): string {
  switch (table) {
    case TABLES.events:
      return after("toDateTime(arrived_at)", retention.events);
    case TABLES.deadLetters:
      return after("toDateTime(arrived_at)", retention.deadLetters);
    case TABLES.eventsHourly:
      return after("arrived_at", retention.rollups);
    case TABLES.baselines:
      return after("toDateTime(computed_at)", retention.rollups);
    case TABLES.incidents:
      return after("toDateTime(updated_at)", retention.rollups);
    case TABLES.findings:
    case TABLES.notifications:
    case TABLES.judgements:
      return after("toDateTime(at)", retention.rollups);
    case TABLES.controls: {
      const frequent = `${after("toDateTime(at)", retention.events)} WHERE type IN ('tick', 'baseline', 'scope')`;
      return `${after("toDateTime(at)", retention.rollups)}, ${frequent}`;
    }
  }
}
