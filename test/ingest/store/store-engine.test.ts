import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ClickHouseClient } from "@clickhouse/client";
import { Registry } from "prom-client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { classifyStoreError } from "../../../ingest/clickhouse/classify.ts";
import { connectStore } from "../../../ingest/clickhouse/connect.ts";
import { migrate } from "../../../ingest/clickhouse/migrate.ts";
import { checkEngineAvailable } from "../../../ingest/engine/availability.ts";
import { type Engine, startEngine } from "../../../ingest/engine/engine.ts";
import { startStore } from "../../../ingest/store/store.ts";
import { GROUPS, TOPICS } from "../../../schemas/topics.ts";
import { type CrashPoint, crashingClient, crashingLog, createCrash } from "./crashing.ts";
import { append, caughtUp, event, silent, sleep, type TemporaryLog, temporaryLog } from "./fixtures.ts";

const DAY = 86_400_000;
const BATCHES = 40;
const BATCH = 250;

let engine: Engine;
let client: ClickHouseClient;
let temporary: TemporaryLog;
let directory: string;

beforeAll(async () => {
  expect(checkEngineAvailable()).toEqual({ ok: true });
  directory = await mkdtemp(join(tmpdir(), "watchkeeper-engine-"));
  temporary = await temporaryLog();
  const entry = fileURLToPath(new URL("../../../dist/ingest/engine/engine-main.js", import.meta.url));
  engine = await startEngine({ directory, logger: silent, entry });
  client = connectStore({ url: engine.url, database: engine.database, ...engine.writer });
  const retention = { events: 9_000 * DAY, deadLetters: 9_000 * DAY, rollups: 9_000 * DAY };
  await migrate(client, { database: engine.database, retention, logger: silent });
});

afterAll(async () => {
  await client.close();
  await engine.stop();
  await temporary.remove();
  await rm(directory, { recursive: true, force: true });
});

function start(point?: CrashPoint) {
  const crash = createCrash(point);
  const store = startStore({
    log: crashingLog(temporary.log, crash),
    client: crashingClient(client, crash),
    database: engine.database,
    classify: classifyStoreError,
    logger: silent,
    registry: new Registry(),
    recentIds: 100_000,
    now: Date.now,
    sleep,
    flushRows: 200,
    flushAfterMs: 20,
    flushEveryMs: 20,
  });
  return { store, crash };
}

async function ask(query: string): Promise<Record<string, unknown> | undefined> {
  const answer = await client.query({ query, format: "JSONEachRow" });
  return (await answer.json<Record<string, unknown>>())[0];
}

describe("the store group on the embedded engine", () => {
  it("has each event once in the table and in the roll-up, through deaths of engine and process", async () => {
    let { store, crash } = start();
    for (let batch = 0; batch < BATCHES; batch += 1) {
      const events = Array.from({ length: BATCH }, (_, i) =>
        event({ id: `${batch}-${i}`, agent: `agent-${i % 7}`, arrived_at: 1_769_524_332_100 + batch * 60_000 }),
      );
      const dies = batch % 10 === 9;
      if (dies) await store.stop();
      // Each batch comes twice, as from a client that saw no answer.
      await temporary.log.append([...events, ...events].map((one) => append(one)));
      if (batch % 10 === 5) process.kill(engine.pid(), "SIGKILL");
      if (!dies) continue;
      ({ store, crash } = start({ step: batch % 4, after: batch > 20 }));
      await crash.happened;
      await store.stop();
      ({ store, crash } = start());
    }
    await caughtUp(temporary.log, GROUPS.store, [TOPICS.journal, TOPICS.dead, TOPICS.findings]);
    await store.stop();
    await store.done;

    const rows = await ask("SELECT count() AS n, uniqExact(id) AS ids, toString(sum(cost)) AS cost FROM events");
    expect(rows).toEqual({ n: `${BATCHES * BATCH}`, ids: `${BATCHES * BATCH}`, cost: "10" });
    const sums = await ask("SELECT sum(events) AS n, toString(sum(cost)) AS cost FROM events_hourly");
    expect(sums).toEqual({ n: `${BATCHES * BATCH}`, cost: "10" });
    expect(engine.restarts()).toBeGreaterThan(0);
  });
});
