import { Readable } from "node:stream";
import { ClickHouseError, ClickHouseLogLevel, createClient } from "@clickhouse/client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { until } from "../../until.ts";
import { type RunningEngine, runEngine } from "./running-engine.ts";

let running: RunningEngine;
const T = "parity";

beforeAll(async () => {
  running = await runEngine();
  await running.writer.command({
    query: `CREATE TABLE ${T} (id UInt64, name String, at DateTime64(3, 'UTC'), tags Array(String), n Nullable(Float64))
      ENGINE = MergeTree ORDER BY id`,
  });
});
afterAll(() => running.close());

async function rows<R>(query: string, params: Record<string, unknown> = {}, settings = {}): Promise<R[]> {
  const result = await running.writer.query({
    query,
    query_params: params,
    format: "JSONEachRow",
    clickhouse_settings: settings,
  });
  return result.json<R>();
}

async function scalar(query: string, params: Record<string, unknown> = {}, settings = {}): Promise<unknown> {
  const [row] = await rows<Record<string, unknown>>(query, params, settings);
  return Object.values(row ?? {})[0];
}

const serverError = (code: number) => expect.objectContaining({ code: String(code), type: expect.any(String) });

describe("asking with the unmodified client", () => {
  it("answers ping, with and without a query", async () => {
    expect(await running.writer.ping()).toMatchObject({ success: true });
    expect(await running.writer.ping({ select: true })).toMatchObject({ success: true });
  });

  it("answers in every common format", async () => {
    const ask = async (format: "JSON" | "JSONCompact" | "JSONEachRow" | "CSV" | "CSVWithNames" | "TabSeparated") =>
      (await running.writer.query({ query: "SELECT 1 AS a, 'x' AS b", format })).text();
    expect(JSON.parse(await ask("JSON"))).toMatchObject({ data: [{ a: 1, b: "x" }], rows: 1 });
    expect(JSON.parse(await ask("JSONCompact"))).toMatchObject({ data: [[1, "x"]] });
    expect(await ask("JSONEachRow")).toBe('{"a":1,"b":"x"}\n');
    expect(await ask("CSV")).toBe('1,"x"\n');
    expect(await ask("CSVWithNames")).toBe('"a","b"\n1,"x"\n');
    expect(await ask("TabSeparated")).toBe("1\tx\n");
  });

  it("keeps one head and one foot in a result of many blocks", async () => {
    const json = await running.writer.query({ query: "SELECT number FROM numbers(300000)", format: "JSON" });
    const answer = await json.json<{ number: string }>();
    expect(answer.data).toHaveLength(300_000);
    expect(answer.rows).toBe(300_000);
    const csv = await running.writer.query({
      query: "SELECT number AS x FROM numbers(300000)",
      format: "CSVWithNames",
    });
    const lines = (await csv.text()).trimEnd().split("\n");
    expect(lines).toHaveLength(300_001);
    expect(lines.filter((line) => line === '"x"')).toHaveLength(1);
  });

  it("quotes 64-bit integers, so that they are exact", async () => {
    expect(await scalar("SELECT toUInt64(18446744073709551615)")).toBe("18446744073709551615");
  });

  it("binds scalars, text with every awkward character, arrays, maps, null and identifiers", async () => {
    const text = "it's a \\ back\nline\ttab \u00e9\u{1f6a8} `\"";
    expect(await scalar("SELECT {v:String}", { v: text })).toBe(text);
    expect(await scalar("SELECT {v:Int32} + 1", { v: 41 })).toBe("42");
    expect(await scalar("SELECT {v:Array(String)}", { v: ["a'b", "c\\d"] })).toEqual(["a'b", "c\\d"]);
    expect(await scalar("SELECT {v:Map(String, UInt8)}", { v: { a: 1 } })).toEqual({ a: 1 });
    expect(await scalar("SELECT {v:Nullable(String)}", { v: null })).toBeNull();
    expect(await scalar("SELECT {v:Bool}", { v: true })).toBe(true);
    expect(await scalar("SELECT count() >= 0 FROM {t:Identifier}", { t: T })).toBe(1);
  });

  it("binds a Date with its milliseconds", async () => {
    const at = new Date("2026-01-27T14:32:15.123Z");
    expect(await scalar("SELECT {v:DateTime64(3, 'UTC')}", { v: at })).toBe("2026-01-27 14:32:15.123");
  });

  it("obeys settings for one call only", async () => {
    const ask = "SELECT getSetting('max_block_size')";
    expect(Number(await scalar(ask, {}, { max_block_size: 321 }))).toBe(321);
    const later = await Promise.all(Array.from({ length: 8 }, () => scalar(ask)));
    expect(later.map(Number)).not.toContain(321);
    const none = rows("SELECT {v:String}");
    await expect(none).rejects.toEqual(serverError(456));
  });

  it("forgets a SET and a USE after the statement", async () => {
    await running.writer.command({ query: "SET max_block_size = 123" });
    await running.writer.command({ query: "USE system" });
    const databases = await Promise.all(Array.from({ length: 8 }, () => scalar("SELECT currentDatabase()")));
    expect(new Set(databases)).toEqual(new Set(["watchkeeper"]));
    expect(await scalar("SELECT getSetting('max_block_size') = 123")).toBe(0);
  });

  it("keeps a temporary table within a session_id and nowhere else", async () => {
    const { url, writer } = running.engine;
    const client = createClient({ log: { level: ClickHouseLogLevel.OFF }, url, ...writer, session_id: "s1" });
    await client.command({ query: "CREATE TEMPORARY TABLE mine (x UInt8)" });
    await client.insert({ table: "mine", values: [{ x: 7 }], format: "JSONEachRow" });
    const result = await client.query({ query: "SELECT x FROM mine", format: "JSONEachRow" });
    expect(await result.json()).toEqual([{ x: 7 }]);
    await client.close();
    await expect(rows("SELECT x FROM mine")).rejects.toEqual(serverError(60));
  });

  it("answers a request for packed bodies both ways", async () => {
    const { url, writer } = running.engine;
    const client = createClient({
      url,
      ...writer,
      database: "watchkeeper",
      compression: { request: true, response: true },
    });
    await client.insert({ table: T, values: [{ id: 900, name: "packed" }], format: "JSONEachRow" });
    const result = await client.query({ query: `SELECT name FROM ${T} WHERE id = 900`, format: "JSONEachRow" });
    expect(await result.json()).toEqual([{ name: "packed" }]);
    await client.close();
  });

  it("echoes the query id and the format", async () => {
    const result = await running.writer.query({ query: "SELECT 1", query_id: "my-query", format: "JSONEachRow" });
    expect(result.query_id).toBe("my-query");
    expect(result.response_headers["x-clickhouse-format"]).toBe("JSONEachRow");
    expect(result.response_headers["x-clickhouse-summary"]).toBeDefined();
  });

  it("runs statements that return nothing, and SHOW, DESCRIBE and EXPLAIN", async () => {
    await running.writer.command({ query: "CREATE TABLE gone (x UInt8) ENGINE = MergeTree ORDER BY x" });
    expect(await rows("SHOW TABLES LIKE 'gone'")).toEqual([{ name: "gone" }]);
    expect(await rows("DESCRIBE TABLE gone")).toMatchObject([{ name: "x", type: "UInt8" }]);
    expect((await rows("EXPLAIN SELECT 1")).length).toBeGreaterThan(0);
    await running.writer.command({ query: "DROP TABLE gone" });
    expect(await rows("SHOW TABLES LIKE 'gone'")).toEqual([]);
  });

  it("accepts a format written in the query and a closing comment", async () => {
    const result = await running.writer.exec({ query: "SELECT 1 AS a -- the end\nFORMAT JSONEachRow" });
    let text = "";
    for await (const chunk of result.stream) text += String(chunk);
    expect(text).toBe('{"a":1}\n');
  });
});

describe("inserting with the unmodified client", () => {
  it("takes objects, and reports what was written", async () => {
    const values = [
      { id: 1, name: "na\u00efve \u{1f6a8}", at: Date.UTC(2026, 0, 27, 14, 32, 15, 123), tags: ["a", "b"], n: null },
      { id: 2, name: "quote ' and \\", at: "2026-01-27T14:32:15.5Z", tags: [], n: 0.25 },
    ];
    const { summary } = await running.writer.insert({ table: T, values, format: "JSONEachRow" });
    expect(summary?.written_rows).toBe("2");
    expect(await rows(`SELECT * FROM ${T} WHERE id < 10 ORDER BY id`)).toEqual([
      { id: "1", name: "na\u00efve \u{1f6a8}", at: "2026-01-27 14:32:15.123", tags: ["a", "b"], n: null },
      { id: "2", name: "quote ' and \\", at: "2026-01-27 14:32:15.500", tags: [], n: 0.25 },
    ]);
  });

  it("takes streams of objects, chosen columns, compact rows and CSV", async () => {
    const stream = Readable.from([{ id: 10 }, { id: 11 }], { objectMode: true });
    await running.writer.insert({ table: T, values: stream, format: "JSONEachRow" });
    await running.writer.insert({
      table: T,
      values: [[12, "c"]],
      columns: ["id", "name"],
      format: "JSONCompactEachRow",
    });
    const except = { table: T, values: [[13, "d"]], columns: { except: ["at", "tags", "n"] as [string, ...string[]] } };
    await running.writer.insert({ ...except, format: "JSONCompactEachRow" });
    const csv = Readable.from(["14,e\n", "15,f\n"], { objectMode: false });
    await running.writer.insert({ table: T, values: csv, columns: ["id", "name"], format: "CSV" });
    const found = await rows<{ id: string }>(`SELECT id FROM ${T} WHERE id BETWEEN 10 AND 19 ORDER BY id`);
    expect(found.map(({ id }) => Number(id))).toEqual([10, 11, 12, 13, 14, 15]);
  });

  it("keeps a character that is cut by a chunk of the body", async () => {
    const line = Buffer.from(`${JSON.stringify({ id: 20, name: "\u{1f6a8}\u00e9" })}\n`);
    const values = Readable.from([...line].map((byte) => Buffer.from([byte])));
    const { stream } = await running.writer.exec({ query: `INSERT INTO ${T} FORMAT JSONEachRow`, values });
    stream.resume();
    expect(await scalar(`SELECT name FROM ${T} WHERE id = 20`)).toBe("\u{1f6a8}\u00e9");
  });

  it("runs INSERT with VALUES and INSERT from SELECT", async () => {
    await running.writer.command({ query: `INSERT INTO ${T} (id, name) VALUES (30, 'v;'), (31, 'FORMAT')` });
    await running.writer.command({ query: `INSERT INTO ${T} (id) SELECT number + 32 FROM numbers(3)` });
    expect(await scalar(`SELECT count() FROM ${T} WHERE id BETWEEN 30 AND 39`)).toBe("5");
  });

  it("stores nothing of a batch whose last row is broken", async () => {
    const { url, writer } = running.engine;
    const lines = `${JSON.stringify({ id: 50 })}\n`.repeat(5000);
    const response = await fetch(
      `${url}/?query=${encodeURIComponent(`INSERT INTO watchkeeper.${T} FORMAT JSONEachRow`)}`,
      {
        method: "POST",
        body: `${lines}{"id":"x"}`,
        headers: { "X-ClickHouse-User": writer.username, "X-ClickHouse-Key": writer.password },
      },
    );
    expect(response.status).toBe(400);
    expect(await scalar(`SELECT count() FROM ${T} WHERE id = 50`)).toBe("0");
  });

  it("counts one token once", async () => {
    await running.writer.command({
      query: `CREATE TABLE once (id UInt64) ENGINE = MergeTree ORDER BY id SETTINGS non_replicated_deduplication_window = 100`,
    });
    for (const token of ["a", "a", "b"]) {
      const settings = { insert_deduplication_token: token };
      await running.writer.insert({
        table: "once",
        values: [{ id: 1 }],
        format: "JSONEachRow",
        clickhouse_settings: settings,
      });
    }
    expect(await scalar("SELECT count() FROM once")).toBe("2");
  });
});

describe("errors, through the unmodified client", () => {
  it("carry code and type", async () => {
    const failure = await rows("SELECT * FROM missing_table").catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ClickHouseError);
    expect(failure).toMatchObject({ code: "60", type: "UNKNOWN_TABLE" });
    await expect(rows("SELEC 1")).rejects.toEqual(serverError(62));
  });

  it("leave nothing behind: after a query that fails half-way every answer is whole", async () => {
    for (let round = 0; round < 20; round++) {
      const bad = rows("SELECT throwIf(number = 150000) FROM numbers(200000)", {}, { max_block_size: 1000 });
      await expect(bad).rejects.toThrow();
      const answers = await Promise.all(Array.from({ length: 4 }, () => rows("SELECT 2 AS x")));
      for (const answer of answers) expect(answer).toEqual([{ x: 2 }]);
    }
  });

  it("in the middle of a stream reach the reader of the stream", async () => {
    const result = await running.writer.query({
      query: "SELECT number, throwIf(number = 2900000) FROM numbers(3000000)",
      format: "JSONEachRow",
    });
    let seen = 0;
    const reading = (async () => {
      for await (const batch of result.stream()) seen += batch.length;
    })();
    await expect(reading).rejects.toEqual(serverError(395));
    expect(seen).toBeGreaterThan(1000);
    expect(await scalar("SELECT 3")).toBe(3);
  });

  it("tell a wrong password from nothing else", async () => {
    for (const username of ["writer", "reader", "nobody"]) {
      const client = createClient({
        log: { level: ClickHouseLogLevel.OFF },
        url: running.engine.url,
        username,
        password: "wrong",
      });
      await expect(client.query({ query: "SELECT 1" })).rejects.toEqual(serverError(516));
      await client.close();
    }
    const basic = Buffer.from(`writer:${running.engine.writer.password}`).toString("base64");
    const ask = (headers: Record<string, string>) => fetch(`${running.engine.url}/?query=SELECT%201`, { headers });
    expect((await ask({ Authorization: `Basic ${basic}` })).status).toBe(200);
    expect((await ask({})).status).toBe(403);
  });

  it("name a database that does not exist", async () => {
    const { url, writer } = running.engine;
    const client = createClient({ log: { level: ClickHouseLogLevel.OFF }, url, ...writer, database: "elsewhere" });
    await expect(client.query({ query: "SELECT 1" })).rejects.toEqual(serverError(81));
    await client.close();
  });
});

describe("large and long queries", () => {
  it("streams a result far larger than it holds in memory", async () => {
    const result = await running.writer.query({
      query: "SELECT number, repeat('x', 100) AS s FROM numbers(2000000)",
      format: "JSONEachRow",
    });
    let count = 0;
    for await (const batch of result.stream()) count += batch.length;
    expect(count).toBe(2_000_000);
  });

  it("stops a query whose caller is gone, and goes on", async () => {
    const abort = new AbortController();
    const long = running.writer.query({
      query: "SELECT sum(sipHash64(number)) AS endless FROM numbers(1000000000000)",
      abort_signal: abort.signal,
    });
    const running_ = () =>
      scalar("SELECT count() FROM system.processes WHERE query LIKE '%endless%' AND query NOT LIKE '%processes%'");
    await until(async () => (await running_()) === "1");
    abort.abort();
    await expect(long).rejects.toThrow();
    await until(async () => (await running_()) === "0");
    expect(await scalar("SELECT 4")).toBe(4);
  });

  it("answers inserts while every place for questions is taken", async () => {
    const abort = new AbortController();
    const heavy = Array.from({ length: 8 }, () =>
      running.reader
        .query({ query: "SELECT sum(sipHash64(number)) FROM numbers(1000000000000)", abort_signal: abort.signal })
        .catch((error: unknown) => error),
    );
    await running.writer.insert({ table: T, values: [{ id: 70 }], format: "JSONEachRow" });
    expect(await scalar(`SELECT count() FROM ${T} WHERE id = 70`)).toBe("1");
    abort.abort();
    await Promise.all(heavy);
  });
});
