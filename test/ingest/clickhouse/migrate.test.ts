import type { ClickHouseClient } from "@clickhouse/client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { classifyStoreError } from "../../../ingest/clickhouse/classify.ts";
import { connectStore, createDatabase } from "../../../ingest/clickhouse/connect.ts";
import { migrate } from "../../../ingest/clickhouse/migrate.ts";
import { isSafeIdentifier } from "../../../schemas/clickhouse/migration.ts";
import { MIGRATIONS } from "../../../schemas/clickhouse/migrations.ts";
import { INSTANT_RANGE, MAX_COUNT, TABLES } from "../../../schemas/clickhouse/tables.ts";
import { eventRow, RETENTION } from "../engine/events.ts";
import { logger, type RunningEngine, runEngine } from "../engine/running-engine.ts";

const database = "watchkeeper";
const DAY = 86_400_000;
let running: RunningEngine;
let client: ClickHouseClient;

beforeAll(async () => {
  running = await runEngine();
  client = running.writer;
});
afterAll(() => running.close());

const migrateNow = (retention = RETENTION) => migrate(client, { database, retention, logger });

async function rows<R>(query: string): Promise<R[]> {
  return (await client.query({ query, format: "JSONEachRow" })).json<R>();
}

const insert = (table: string, values: readonly object[], token?: string) =>
  client.insert({
    table,
    values: [...values],
    format: "JSONEachRow",
    ...(token && { clickhouse_settings: { insert_deduplication_token: token } }),
  });

describe("migrations", () => {
  it("are applied once, in order, by the first of two that start together", async () => {
    const both = await Promise.all([migrateNow(), migrateNow()]);
    expect(both.flat().length).toBeGreaterThanOrEqual(MIGRATIONS.length);
    expect(await migrateNow()).toEqual([]);
    expect(await rows("SELECT number, name FROM schema_migrations FINAL ORDER BY number")).toEqual(
      MIGRATIONS.map(({ number, name }) => ({ number, name })),
    );
  });

  it("are numbered from 1 without gaps", () => {
    expect(MIGRATIONS.map(({ number }) => number)).toEqual(MIGRATIONS.map((_, index) => index + 1));
  });

  it("make every table", async () => {
    const tables = await rows<{ name: string }>("SHOW TABLES");
    expect(tables.map(({ name }) => name)).toEqual(expect.arrayContaining(Object.values(TABLES)));
  });

  it("refuse a database that a later version has migrated", async () => {
    await client.command({ query: "INSERT INTO schema_migrations VALUES (999, 'later', now64(3))" });
    await expect(migrateNow()).rejects.toMatchObject({
      code: "schema_too_new",
      message: expect.stringContaining("999"),
    });
    await client.command({
      query: "ALTER TABLE schema_migrations DELETE WHERE number = 999 SETTINGS mutations_sync = 1",
    });
    expect(await migrateNow()).toEqual([]);
  });

  it("bring a changed retention to every table, and only then", async () => {
    const ttl = async () => {
      const [row] = await rows<{ e: string }>(
        "SELECT engine_full AS e FROM system.tables WHERE database = 'watchkeeper' AND name = 'events'",
      );
      return row?.e;
    };
    expect(await ttl()).toContain(`toIntervalSecond(${90 * 86_400})`);
    await migrateNow({ ...RETENTION, events: 31 * DAY });
    expect(await ttl()).toContain(`toIntervalSecond(${31 * 86_400})`);
    await migrateNow();
    expect(await ttl()).toContain(`toIntervalSecond(${90 * 86_400})`);
  });

  it("keep what a retention beyond the calendar of 32 bits would drop at once", async () => {
    await migrateNow({ ...RETENTION, events: 500 * 365 * DAY });
    await insert(TABLES.events, [eventRow(1, Date.now())], "long");
    await client.command({ query: "OPTIMIZE TABLE events FINAL" });
    expect(await rows("SELECT count() AS n FROM events")).toEqual([{ n: "1" }]);
    await migrateNow();
    await client.command({ query: "TRUNCATE TABLE events" });
    await client.command({ query: "TRUNCATE TABLE events_hourly" });
  });

  it("take only a plain name for the database", async () => {
    for (const name of ["a b", "a;b", "a.b", "`a`", "", "1a", "a".repeat(64)]) {
      expect(isSafeIdentifier(name)).toBe(false);
      const options = { url: running.engine.url, database: name, ...running.engine.writer };
      expect(() => connectStore(options)).toThrowError(
        expect.objectContaining({ code: "config_invalid", exitCode: 2 }),
      );
    }
    await createDatabase({ url: running.engine.url, database, ...running.engine.writer });
  });
});

describe("the tables", () => {
  // Of today, because older arrivals are past their retention.
  const at = Math.floor(Date.now() / 3_600_000) * 3_600_000 - 1_800_000;
  const text = (ms: number) => new Date(ms).toISOString().replace("T", " ").replace("Z", "");

  it("take the journal's record as it is, and keep unknown apart from zero", async () => {
    const full = eventRow(7, at, {
      agent: "full",
      run: "r",
      trigger: "t",
      parent: "p",
      environment: "e",
      model: "m",
      credential: "c",
      target: "x",
      endpoint: "/",
      success: false,
      response_code: 500,
      error: "boom",
      input_tokens: 5,
      output_tokens: MAX_COUNT,
      duration_ms: 1.5,
      bytes_out: 0,
      cpu_percent: 12.5,
      memory_bytes: 1,
      permission_level: 4,
      approved_by: "me",
      cost: "99999999999999999999999999.000000000001",
      cost_original: "5",
      currency: "eur",
      failed: true,
      call: "a",
      outcome: "b",
      timestamp: INSTANT_RANGE.max,
      backfill: true,
    });
    const {
      cost: _,
      cost_source: __,
      ...unpriced
    } = eventRow(8, at, { agent: "bare", unpriced: true, timestamp: INSTANT_RANGE.min });
    await insert(TABLES.events, [{ type: "event", ...full }, unpriced], "row");
    const [stored] = await rows<Record<string, unknown>>(
      "SELECT *, toString(cost) AS exact FROM events WHERE agent = 'full'",
    );
    const { exact, ...columns } = stored ?? {};
    expect(exact).toBe("99999999999999999999999999.000000000001");
    expect(new Set(Object.keys(columns))).toEqual(new Set(Object.keys({ ...full, unpriced: false })));
    expect(columns).toMatchObject({
      run: "r",
      success: false,
      failed: true,
      backfill: true,
      response_code: 500,
      output_tokens: String(MAX_COUNT),
      bytes_out: "0",
      timestamp: "2105-12-31 23:59:59.999",
      arrived_at: text(at),
      offset: "7",
    });
    expect(
      await rows("SELECT cost, cost_source, success, input_tokens, duration_ms, run FROM events WHERE agent = 'bare'"),
    ).toEqual([{ cost: null, cost_source: null, success: null, input_tokens: null, duration_ms: null, run: "" }]);
  });

  it("sum events by the hour in which they are judged, once however often they are replayed", async () => {
    await client.command({ query: "TRUNCATE TABLE events_hourly" });
    const batch = [
      eventRow(20, at, { agent: "sum", tool: "t", duration_ms: 10, input_tokens: 3, failed: true }),
      eventRow(21, at, { agent: "sum", tool: "t", duration_ms: 30, output_tokens: 4 }),
      eventRow(22, at + 1_800_000, { agent: "sum", tool: "t", judged_at: at }),
    ];
    for (let replay = 0; replay < 3; replay++) await insert(TABLES.events, batch, "agent-journal/0/20-22");
    const { cost: _, ...unpriced } = eventRow(23, at, { agent: "sum", tool: "t", unpriced: true });
    await insert(TABLES.events, [unpriced], "agent-journal/0/23-23");
    expect(
      await rows(
        `SELECT hour, events, errors, toString(cost) AS cost, unpriced, input_tokens, output_tokens,
          finalizeAggregation(duration) AS d FROM events_hourly FINAL WHERE agent = 'sum'`,
      ),
    ).toEqual([
      {
        hour: text(at - 1_800_000).slice(0, 19),
        events: "4",
        errors: "1",
        cost: "0.003",
        unpriced: "1",
        input_tokens: "3",
        output_tokens: "4",
        d: [10, 30, 30],
      },
    ]);
  });

  it("partition by arrival, whatever the agent's clock says", async () => {
    const values = [0, 1, 5, 20, 60, 130].map((years, i) =>
      eventRow(40 + i, at, { agent: "clock", timestamp: Math.min(years * 365 * DAY, INSTANT_RANGE.max) }),
    );
    await insert(TABLES.events, values, "clock");
    expect(
      await rows(
        "SELECT uniqExact(_part) AS parts, uniqExact(_partition_id) AS partitions FROM events WHERE agent = 'clock'",
      ),
    ).toEqual([{ parts: "1", partitions: "1" }]);
  });

  it("replace a repeated finding, notification, control, dead letter and baseline", async () => {
    const same: readonly [string, object][] = [
      [
        TABLES.findings,
        { id: "f", agent: "a", at, detector: "loop", facts: ["one", "two"], contributors: "[]", events: "[]" },
      ],
      [TABLES.notifications, { id: "n", incident: "i", at, agent: "a", ok: true, delay_ms: null }],
      [TABLES.judgements, { partition: 1, rule: "loop", window_from: at, at, status: "judged", version: 2 }],
      [TABLES.controls, { partition: 1, offset: 5, type: "tick", at: Date.now(), body: "{}" }],
      [
        TABLES.deadLetters,
        { id: "d", arrived_at: Date.now(), source: "http", line: 1, size: 3, bytes: "x", topic: "t" },
      ],
      [TABLES.baselines, { agent: "a", series: "calls", subject: "", cell: 3, expected: 1.5, computed_at: Date.now() }],
    ];
    for (const [table, row] of same) {
      await insert(table, [row]);
      await insert(table, [{ ...row }]);
      expect([table, await rows(`SELECT count() AS n FROM ${table} FINAL`)]).toEqual([table, [{ n: "1" }]]);
    }
  });
});

describe("errors of the real engine", () => {
  async function verdict(action: () => Promise<unknown>): Promise<string> {
    const error = await action().then(
      () => "none",
      (failure: unknown) => failure,
    );
    const { verdict, code } = classifyStoreError(error);
    return `${verdict} ${code}`;
  }

  it("are retried when the store is away or busy", async () => {
    const away = connectStore({ url: "http://127.0.0.1:1", database, username: "a", password: "b" });
    expect(await verdict(() => away.query({ query: "SELECT 1" }))).toBe("retry store_unavailable");
    await away.close();
    const slow = connectStore({ url: running.engine.url, database, ...running.engine.writer, requestTimeoutMs: 50 });
    const endless = "SELECT sum(sipHash64(number)) FROM numbers(1000000000000)";
    expect(await verdict(() => slow.query({ query: endless }))).toBe("retry store_unavailable");
    await slow.close();
    const limited = (settings: object) => client.query({ query: endless, clickhouse_settings: { ...settings } });
    expect(await verdict(() => limited({ max_execution_time: 1 }))).toBe("retry store_unavailable");
    const memory = {
      query: "SELECT groupArray(number) FROM numbers(100000000)",
      clickhouse_settings: { max_memory_usage: "10000000" },
    };
    expect(await verdict(() => client.query(memory))).toBe("retry store_unavailable");
  });

  it("set rows aside that no table can take", async () => {
    const rejected = [
      { ...eventRow(90, 0), timestamp: 1.5 },
      { ...eventRow(90, 0), cost: "1e99" },
      { ...eventRow(90, 0), cost: "dollars" },
      { ...eventRow(90, 0), input_tokens: "many" },
      { ...eventRow(90, 0), success: { deep: true } },
    ];
    for (const row of rejected) expect(await verdict(() => insert("events", [row]))).toBe("poison store_refused_rows");
    const cut = '{"agent":"a","raw":"\\ud8';
    const broken = client.exec({ query: "INSERT INTO events FORMAT JSONEachRow", values: cut as never });
    expect(await verdict(() => broken)).not.toBe("none none");
  });

  it("end the loop when somebody must mend something", async () => {
    const as = async (change: object) => {
      const other = connectStore({ url: running.engine.url, database, ...running.engine.writer, ...change });
      try {
        return await verdict(() => other.query({ query: "SELECT 1" }));
      } finally {
        await other.close();
      }
    };
    expect(await as({ password: "wrong" })).toBe("fatal store_misconfigured");
    expect(await as({ database: "absent" })).toBe("fatal store_misconfigured");
    expect(await verdict(() => insert("absent", [{ a: 1 }]))).toBe("fatal store_misconfigured");
    expect(await verdict(() => client.command({ query: "CREATE USER u" }))).toBe("fatal store_misconfigured");
    expect(await verdict(() => client.query({ query: "SELECT FROM WHERE" }))).toBe("fatal store_failed");
    expect(await verdict(() => Promise.reject(new TypeError("a mistake of ours")))).toBe("fatal store_failed");
  });
});
