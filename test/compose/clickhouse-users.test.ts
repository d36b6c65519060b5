/** The writing user of docker-compose.yml: what the program does with the store it may do, and nothing beyond. */
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ClickHouseClient } from "@clickhouse/client";
import pino from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clickhouseCells } from "../../detectors/learning/clickhouse-cells.ts";
import { askReader } from "../../ingest/clickhouse/ask-reader.ts";
import { connectStore, createDatabase } from "../../ingest/clickhouse/connect.ts";
import { tablesOf } from "../../ingest/clickhouse/fill-roll-up.ts";
import { migrate } from "../../ingest/clickhouse/migrate.ts";
import { rebuildRollUp } from "../../ingest/clickhouse/rebuild-roll-up.ts";
import { restoreTables } from "../../ingest/clickhouse/restore-tables.ts";
import { createInsert } from "../../ingest/store/insert.ts";
import { createMakeWhole } from "../../ingest/store/make-whole.ts";
import { TABLES } from "../../schemas/clickhouse/tables.ts";
import { TOPICS } from "../../schemas/topics.ts";
import { DAY, fill, NOW } from "../dashboards/demo-store.ts";
import { runEngine } from "../ingest/engine/running-engine.ts";
import { type EngineAs, openEngineAs } from "./engine-as.ts";

const logger = pino({ level: "silent" });
const database = "watchkeeper";

let directory: string;
let engine: EngineAs;
let client: ClickHouseClient;

/** Opens `directory` as the writing user. */
async function openAsWriter(): Promise<void> {
  engine = await openEngineAs("watchkeeper_writer", directory);
  const access = { url: await engine.listen(), username: "writer", password: "secret", database };
  await createDatabase(access);
  client = connectStore(access);
}

async function close(): Promise<void> {
  await client?.close();
  await engine?.close();
  await rm(directory, { recursive: true, force: true });
}

describe("watchkeeper_writer", () => {
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "watchkeeper-writer-"));
    await openAsWriter();
    await fill(client);
  });
  afterAll(close);

  it("migrates again, and follows a changed retention", async () => {
    const retention = { events: 80 * DAY, deadLetters: 20 * DAY, rollups: 300 * DAY };
    await expect(migrate(client, { database, retention, logger })).resolves.toEqual([]);
    const [table] = (await engine.run("SHOW CREATE TABLE watchkeeper.events")).split("\n");
    expect(table).toContain(`toIntervalSecond(${(80 * DAY) / 1000})`);
  });

  it("inserts into every table, and what is inserted is rolled up", async () => {
    const insert = createInsert({ client, database, nonce: randomUUID });
    const line = JSON.stringify({
      ...{ timestamp: NOW, arrived_at: NOW, judged_at: NOW, agent: "new", kind: "action", id: "n1", tool: "t" },
      ...{ topic: TOPICS.journal, partition: 7, offset: 1, schema_version: 1 },
    });
    await insert(TABLES.events, "token", [{ head: `${line}\n` }], AbortSignal.timeout(20_000));
    const { rows } = await askReader(client, "SELECT sum(events) FROM events_hourly WHERE agent = 'new'");
    expect(Number(rows[0]?.[0])).toBe(1);
  });

  it("completes an insert that was cut short", async () => {
    const makeWhole = createMakeWhole({ client, database, sleep: async () => undefined });
    const extent = { topic: TOPICS.journal, partition: 7, from: 1, to: 1 };
    await makeWhole(extent, 1, async () => undefined, AbortSignal.timeout(20_000));
    await client.command({ query: `ALTER TABLE ${database}.events ADD COLUMN IF NOT EXISTS later String` });
  });

  it("reads the cells that are learned from", async () => {
    const agents: string[] = [];
    for await (const { agent } of clickhouseCells(client).histories(NOW - 10 * DAY, NOW + DAY)) agents.push(agent);
    expect(agents).toContain("busy");
  });

  it.each([
    ["drop a table", "DROP TABLE watchkeeper.events"],
    ["drop the database", "DROP DATABASE watchkeeper"],
    ["empty a table", "TRUNCATE TABLE watchkeeper.events"],
    ["delete rows", "ALTER TABLE watchkeeper.events DELETE WHERE 1"],
    ["delete rows lightly", "DELETE FROM watchkeeper.events WHERE agent = 'busy'"],
    ["change rows", "ALTER TABLE watchkeeper.events UPDATE cost = 0 WHERE 1"],
    ["drop a partition", "ALTER TABLE watchkeeper.events DROP PARTITION '2026-11-16'"],
    ["make a database beside its own", "CREATE DATABASE other"],
    ["make a table elsewhere", "CREATE TABLE default.t (a Int8) ENGINE = MergeTree ORDER BY a"],
    ["make a table that reads files", "CREATE TABLE watchkeeper.f (a String) ENGINE = File(CSV, '/etc/passwd')"],
    ["read files", "SELECT * FROM file('/etc/passwd', 'LineAsString')"],
    ["reach other hosts", "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')"],
    ["stop the server", "SYSTEM SHUTDOWN"],
    ["make users", "CREATE USER eve"],
    ["hand on its rights", "GRANT SELECT ON watchkeeper.* TO default"],
  ])("may not %s", async (_what, sql) => {
    await expect(engine.run(sql)).rejects.toThrow(/ACCESS_DENIED|Not enough privileges|ACCESS_STORAGE_READONLY/);
  });
});

describe.each([
  ["the roll-up", [`TABLE ${database}.${TABLES.eventsHourly}`]],
  ["the view that feeds it", [`VIEW ${database}.events_hourly_feed`]],
  ["both", [`TABLE ${database}.${TABLES.eventsHourly}`, `VIEW ${database}.events_hourly_feed`]],
])("watchkeeper_writer, after somebody dropped %s", (_what, dropped) => {
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "watchkeeper-dropped-"));
    const { engine: server, writer, reader } = await runEngine({ directory });
    await fill(writer);
    for (const what of dropped) await writer.command({ query: `DROP ${what} SYNC` });
    await Promise.all([writer.close(), reader.close()]);
    await server.stop();
    await openAsWriter();
  });
  afterAll(close);

  it("makes it again, and leaves nothing beside it", async () => {
    const retention = { events: 9000 * DAY, deadLetters: 9000 * DAY, rollups: 9000 * DAY };
    const options = { database, retention, logger, attempt: "1" };
    expect(await rebuildRollUp(client, options)).toBe(dropped.length === 2 || dropped[0]?.startsWith("VIEW"));
    await restoreTables(client, options);
    expect(await rebuildRollUp(client, options)).toBe(false);
    const sql = "SELECT (SELECT sum(events) FROM events_hourly) = (SELECT count() FROM events)";
    const { rows } = await askReader(client, sql);
    expect(Number(rows[0]?.[0])).toBe(1);
    const tables = await tablesOf(client, database);
    expect([...tables].filter((table) => table.startsWith("events")).sort()).toEqual([
      ...["events", "events_hourly", "events_hourly_feed"],
    ]);
  });
});
