/**
 * What an interrupted insert of events left behind, found and completed.
 *
 * A token alone proves nothing: after kills the roll-ups were seen to lack rows whose tokens were known, most likely
 * because a token is noted before its part is in the table (docs/decisions/006). So after an insert that may have been
 * cut short the rows themselves are counted, in the table and in its roll-up.
 */
import type { ClickHouseClient } from "@clickhouse/client";
import { hourlySelect } from "../../schemas/clickhouse/001-store.ts";
import { TABLES } from "../../schemas/clickhouse/tables.ts";
import type { Topic } from "../../schemas/topics.ts";

/** Rows of events by where they come from. */
interface Extent {
  readonly topic: Topic;
  readonly partition: number;
  readonly from: number;
  readonly to: number;
}

/**
 * Inserts again, under other tokens, what is not there, until all `rows` of the extent are, in roll-ups too.
 * `insertAgain` is told the how manieth time it is: two owners who doubt the same extent use the same tokens.
 */
export type MakeWhole = (
  extent: Extent,
  rows: number,
  insertAgain: (time: number) => Promise<void>,
  signal: AbortSignal,
) => Promise<void>;

export interface MakeWholeOptions {
  readonly client: ClickHouseClient;
  readonly database: string;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** The tables have replicas: the one that is asked first takes over what the others have. */
  readonly replicated?: boolean | undefined;
}

/** An insert whose answer was lost may still be running; what it writes appears within this time. */
const SETTLE_MS = 1_000;

/** The token of the first may be noted without its rows, as that of the insert was; what lacks more was lost in other ways. */
const ROLL_UPS = 2;

/** Times that rows were rolled up beyond the first. */
const TOO_OFTEN: readonly number[] = [1, 2];

const SUMS = ["events", "errors", "unpriced", "input_tokens", "output_tokens"];
const HOURLY = `hour, agent, kind, tool, cost, arrived_at, ${SUMS.join(", ")}, duration`;
const NO_DURATION =
  "initializeAggregation('quantilesTDigestState(0.5, 0.95, 0.99)', CAST(NULL, 'Nullable(Float32)')) AS duration";
const TAKEN_BACK = `hour, agent, kind, tool, -cost, arrived_at, ${SUMS.map((sum) => `reinterpretAsUInt64(-toInt64(${sum}))`).join(", ")}, ${NO_DURATION}`;

const WHERE =
  "e.topic = {topic:String} AND e.partition = {partition:UInt32} AND e.offset BETWEEN {from:UInt64} AND {to:UInt64}";

/** Only the owner of a partition writes its agents, so nothing else moves these counts meanwhile. */
export function createMakeWhole(options: MakeWholeOptions): MakeWhole {
  const { client, database, sleep, replicated } = options;
  const events = `${database}.${TABLES.events}`;
  const hourly = `${database}.${TABLES.eventsHourly}`;

  async function count(query: string, extent: Extent): Promise<number> {
    const result = await client.query({ query, query_params: { ...extent }, format: "JSONEachRow" });
    const [row] = await result.json<{ n: string | number }>();
    return Number(row?.n ?? 0);
  }

  /** A replica that lags would count too few rows, and they would be inserted twice. */
  async function catchUp(): Promise<void> {
    if (replicated !== true) return;
    for (const table of [events, hourly]) await client.command({ query: `SYSTEM SYNC REPLICA ${table} LIGHTWEIGHT` });
  }

  const stored = (extent: Extent) => count(`SELECT count() AS n FROM ${events} AS e WHERE ${WHERE}`, extent);

  /** Events of the hours that the extent touches, less those that their roll-ups hold. */
  const notRolledUp = (extent: Extent) => {
    const touched = `SELECT e.agent, toDateTime(toStartOfHour(e.judged_at)) FROM ${events} AS e WHERE ${WHERE}`;
    return count(
      `SELECT
        (SELECT toInt64(count()) FROM ${events} AS h WHERE (h.agent, toDateTime(toStartOfHour(h.judged_at))) IN (${touched}))
        - (SELECT toInt64(sum(r.events)) FROM ${hourly} AS r WHERE (r.agent, toDateTime(r.hour)) IN (${touched})) AS n`,
      extent,
    );
  };

  async function settled(measure: () => Promise<boolean>, signal: AbortSignal): Promise<boolean> {
    await catchUp();
    if (await measure()) return true;
    await sleep(SETTLE_MS, signal);
    await catchUp();
    return measure();
  }

  async function insertHourly(select: string, extent: Extent, what: string): Promise<void> {
    const { topic, partition, from, to } = extent;
    await client.command({
      query: `INSERT INTO ${hourly} (${HOURLY}) ${select}`,
      query_params: { ...extent },
      clickhouse_settings: {
        ...{ async_insert: 0, wait_end_of_query: 1 },
        insert_deduplication_token: `${topic}/${partition}/${from}-${to}/${what}`,
        ...(replicated === true && { insert_quorum: "auto", insert_quorum_parallel: 1 }),
      },
    });
  }

  const rollUpAgain = (extent: Extent, time: number) =>
    insertHourly(`SELECT ${HOURLY} FROM (${hourlySelect(events, WHERE)})`, extent, `rolled-up-${time}`);

  /** Sums wrap around, so what is added with the opposite sign is taken away; a digest keeps it, in that hour. */
  const takeBack = (extent: Extent, time: number) =>
    insertHourly(`SELECT ${TAKEN_BACK} FROM (${hourlySelect(events, WHERE)})`, extent, `taken-back-${time}`);

  return async (extent, rows, insertAgain, signal) => {
    const isStored = async () => (await stored(extent)) >= rows;
    for (let time = 1; !signal.aborted && !(await settled(isStored, signal)); time += 1) await insertAgain(time);
    // A roll-up takes an insert whole or not at all.
    const isRolledUp = async () => (await notRolledUp(extent)) < rows;
    for (let time = 1; time <= ROLL_UPS && rows > 0 && !signal.aborted; time += 1) {
      if ((await settled(isRolledUp, signal)) || signal.aborted) break;
      await rollUpAgain(extent, time);
    }
    // A kill may leave the roll-up of rows that are lost; inserted again, they are rolled up again. Anything but a whole
    // time too often has another cause, such as rows that are kept for less long than their roll-up.
    const isOnce = async () => !TOO_OFTEN.includes(-(await notRolledUp(extent)) / rows);
    for (let time = 1; time <= ROLL_UPS && rows > 0 && !signal.aborted; time += 1) {
      if ((await settled(isOnce, signal)) || signal.aborted) return;
      await takeBack(extent, time);
    }
  };
}
