import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { migrate } from "../../../ingest/clickhouse/migrate.ts";
import { eventRow } from "../../../ingest/store/event-row.ts";
import { createInsert } from "../../../ingest/store/insert.ts";
import { createMakeWhole } from "../../../ingest/store/make-whole.ts";
import { TOPICS } from "../../../schemas/topics.ts";
import { type RunningEngine, runEngine } from "../engine/running-engine.ts";
import { event, silent, sleep } from "./fixtures.ts";

const DAY = 86_400_000;
const EXTENT = { topic: TOPICS.journal, partition: 2, from: 100, to: 149 };
const ROWS = 50;

let running: RunningEngine;
let nonces = 0;
const nonce = () => String(nonces++);
const { signal } = new AbortController();

beforeAll(async () => {
  running = await runEngine();
  const retention = { events: 9_000 * DAY, deadLetters: 9_000 * DAY, rollups: 9_000 * DAY };
  await migrate(running.writer, { database: running.engine.database, retention, logger: silent });
});

afterAll(() => running.close());

async function command(query: string): Promise<void> {
  await running.writer.command({ query });
}

/** Rows of the extent, and some before it of the same agents and hours. */
function insert(from: number, rows: number, token: string | undefined): Promise<void> {
  const texts = Array.from({ length: rows }, (_, n) => {
    const record = event({ id: `e${from + n}`, agent: `agent_${n % 3}`, cost: "0.5" });
    const position = { topic: TOPICS.journal, partition: 2, offset: from + n };
    return eventRow(record, Buffer.from(JSON.stringify(record)), position);
  });
  return createInsert({ client: running.writer, database: running.engine.database, nonce })(
    "events",
    token,
    texts,
    signal,
  );
}

async function counts(): Promise<number[]> {
  const query = `SELECT (SELECT count() FROM events) AS e, (SELECT sum(events) FROM events_hourly) AS h,
    (SELECT toFloat64(sum(cost)) FROM events_hourly) AS c`;
  const result = await running.writer.query({ query, format: "JSONEachRow" });
  const [row] = await result.json<Record<string, unknown>>();
  return [Number(row?.e), Number(row?.h), Number(row?.c)];
}

const makeWhole = () =>
  createMakeWhole({ client: running.writer, database: running.engine.database, sleep })(
    EXTENT,
    ROWS,
    (time) => insert(EXTENT.from, ROWS, `again-${time}`),
    signal,
  );

beforeEach(async () => {
  await command("TRUNCATE TABLE events");
  await command("TRUNCATE TABLE events_hourly");
  await insert(0, 10, undefined);
});

it("leaves alone what is whole", async () => {
  await insert(EXTENT.from, ROWS, "whole");
  await makeWhole();
  expect(await counts()).toEqual([60, 60, 30]);
});

it("inserts again where a token was noted and its rows were not", async () => {
  await makeWhole();
  expect(await counts()).toEqual([60, 60, 30]);
});

it("goes on where the token of inserting again was noted without its rows, too", async () => {
  await insert(EXTENT.from, ROWS, "again-1");
  // A mutation leaves the tokens that are noted, unlike TRUNCATE.
  for (const table of ["events", "events_hourly"]) {
    await command(`ALTER TABLE ${table} DELETE WHERE 1 SETTINGS mutations_sync = 1`);
  }
  await insert(0, 10, undefined);
  await makeWhole();
  expect(await counts()).toEqual([60, 60, 30]);
});

it("takes the same rows as often as they come without a token", async () => {
  await insert(EXTENT.from, ROWS, undefined);
  await insert(EXTENT.from, ROWS, undefined);
  expect(await counts()).toEqual([110, 110, 55]);
});

it("rolls up again where the rows are there and their roll-up is not", async () => {
  await command("DETACH TABLE events_hourly_feed");
  await insert(EXTENT.from, ROWS, "without-roll-up");
  await command("ATTACH TABLE events_hourly_feed");
  expect(await counts()).toEqual([60, 10, 5]);
  await makeWhole();
  await makeWhole();
  expect(await counts()).toEqual([60, 60, 30]);
});

it("takes back what a roll-up had already, when the rows had to be inserted again", async () => {
  await insert(EXTENT.from, ROWS, "rolled-up-before");
  // As after a kill between the token of the rows and their part, with the roll-up written by the replay.
  await command(`ALTER TABLE events DELETE WHERE offset >= ${EXTENT.from} SETTINGS mutations_sync = 1`);
  expect(await counts()).toEqual([10, 60, 30]);
  await makeWhole();
  await makeWhole();
  expect(await counts()).toEqual([60, 60, 30]);
  await command("OPTIMIZE TABLE events_hourly FINAL");
  expect(await counts()).toEqual([60, 60, 30]);
});
