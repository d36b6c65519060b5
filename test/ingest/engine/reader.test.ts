import { access, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { askReader } from "../../../ingest/clickhouse/ask-reader.ts";
import { migrate } from "../../../ingest/clickhouse/migrate.ts";
import type { Credentials } from "../../../ingest/engine/protocol.ts";
import { ATTACKS, QUESTIONS } from "./attacks.ts";
import { RETENTION } from "./events.ts";
import { logger, type RunningEngine, runEngine } from "./running-engine.ts";

let running: RunningEngine;

beforeAll(async () => {
  running = await runEngine();
  await migrate(running.writer, { database: "watchkeeper", retention: RETENTION, logger });
});
afterAll(() => running.close());

/** Straight to the port, past every check of ours on the way. */
async function post(user: Credentials, sql: string, search = ""): Promise<{ status: number; text: string }> {
  const response = await fetch(`${running.engine.url}/?param_agent=a&param_t=events${search}`, {
    method: "POST",
    body: sql,
    headers: { "X-ClickHouse-User": user.username, "X-ClickHouse-Key": user.password },
  });
  return { status: response.status, text: await response.text() };
}

const writer = (sql: string) => post(running.engine.writer, sql);
const reader = (sql: string, search = "") => post(running.engine.reader, sql, search);
const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

describe("the reader", () => {
  it.each(QUESTIONS)("is answered: %s", async (sql) => {
    const { status, text } = await reader(sql);
    expect([status, text.includes("Exception")]).toEqual([200, false]);
  });

  // A closing FORMAT is how clients ask for the form of an answer.
  it.each(ATTACKS.filter((sql) => !sql.includes("FORMAT Null")))(
    "is refused, asking the port itself: %s",
    async (sql) => {
      const { status, text } = await reader(sql);
      expect(status).toBe(403);
      expect(text).toContain("DB::Exception");
      expect(text).not.toContain("root:");
    },
  );

  it("cannot lift its limits by settings of the request", async () => {
    for (const search of ["&max_threads=99", "&user_files_path=/", "&allow_introspection_functions=1"]) {
      expect((await reader("SELECT 1", search)).text).toContain("READONLY");
    }
    const { text } = await reader("SELECT count() FROM numbers(100)", "&readonly=0&max_execution_time=0");
    expect(text).toBe("100\n");
    expect((await reader("SELECT number FROM numbers(2000)", "&max_result_rows=1000")).text).toContain("Code: 396");
    expect((await reader("SELECT number FROM numbers(3000000)", "&max_result_rows=0")).text).toContain("Code: 396");
    expect((await reader("SELECT sum(number) FROM numbers(100000000000)", "&max_execution_time=1")).text).toContain(
      "Code: 159",
    );
    const memory = "SELECT length(groupArray(number)) FROM numbers(200000000)";
    expect((await reader(memory)).text).toContain("Code: 241");
    expect((await reader("SELECT 1")).text).toBe("1\n");
  });

  it("cannot insert by a body behind a statement in the URL", async () => {
    const insert = `&query=${encodeURIComponent("INSERT INTO controls FORMAT JSONEachRow")}`;
    expect((await reader('{"partition":1}', insert)).status).toBe(403);
    const smuggled = `&query=${encodeURIComponent("SELECT 1")}`;
    expect((await reader("INTO OUTFILE '/tmp/watchkeeper-attack.txt'", smuggled)).status).toBe(403);
    expect(await exists("/tmp/watchkeeper-attack.txt")).toBe(false);
  });

  it("sees one row an identity, merged or not, in the order it asked for", async () => {
    for (const revision of [1, 2, 3]) {
      const values = [
        { id: "i", revision, title: `t${revision}`, opened_at: revision, updated_at: Date.now() },
        { id: "j", revision, title: `u${revision}`, opened_at: revision, updated_at: Date.now() },
      ];
      await running.writer.insert({ table: "incidents", values, format: "JSONEachRow" });
    }
    const answer = await askReader(running.reader, "SELECT id, title, revision FROM incidents ORDER BY id DESC");
    expect(answer.columns.map(({ name }) => name)).toEqual(["id", "title", "revision"]);
    expect(answer.rows).toEqual([
      ["j", "u3", "3"],
      ["i", "t3", "3"],
    ]);
  });

  it("is told its mistake, and which form is answered", async () => {
    await expect(askReader(running.reader, "DROP TABLE events")).rejects.toMatchObject({
      code: "query_refused",
      exitCode: 2,
    });
    await expect(askReader(running.reader, "SELECT nothing FROM events")).rejects.toMatchObject({
      code: "query_failed",
      message: expect.stringContaining("nothing"),
    });
    expect((await askReader(running.reader, "SELECT {a:String} AS a", { a: "it's" })).rows).toEqual([["it's"]]);
  });
});

describe("the engine's grants, without any form check", () => {
  it.each([
    "SYSTEM SHUTDOWN",
    "SYSTEM KILL",
    "SYSTEM STOP MERGES watchkeeper.events",
    "SELECT * FROM file('/etc/passwd', 'LineAsString')",
    "DESCRIBE file('/etc/passwd')",
    "SELECT * FROM url('http://127.0.0.1:1/', 'CSV', 'a String')",
    "SELECT * FROM remote('127.0.0.1:9000', 'system.one')",
    "SELECT * FROM mysql('127.0.0.1:1', 'a', 'b', 'c', 'd')",
    "CREATE TABLE watchkeeper.f (x UInt8) ENGINE = File(CSV, '/tmp/watchkeeper-attack.csv')",
    "CREATE TABLE watchkeeper.f (x UInt8) ENGINE = URL('http://127.0.0.1:1/', CSV)",
    "CREATE DICTIONARY watchkeeper.d (x UInt64) PRIMARY KEY x SOURCE(FILE(path '/etc/passwd' format 'TSV')) LAYOUT(FLAT()) LIFETIME(1)",
    "CREATE TABLE default.x (x UInt8) ENGINE = MergeTree ORDER BY x",
    "CREATE DATABASE elsewhere",
    "CREATE USER u",
    "CREATE FUNCTION f AS x -> x",
    "BACKUP TABLE watchkeeper.events TO File('/tmp/watchkeeper-attack')",
    "DROP DATABASE watchkeeper",
  ])("stop even the writer: %s", async (sql) => {
    expect((await writer(sql)).text).toMatch(/Code: 497\b/);
  });

  it("keep files closed to a table named like one", async () => {
    const path = join(running.directory, "secret.csv");
    await writeFile(path, "a,b\n1,2\n");
    for (const name of [`\`${path}\``, `default.\`${path}\``]) {
      const { status, text } = await writer(`SELECT * FROM ${name}`);
      expect([status === 403 || status === 404, text.includes("1\t2")]).toEqual([true, false]);
    }
  });

  it("leave the engine running through all of it", async () => {
    expect(running.engine.restarts()).toBe(0);
    expect((await writer("SELECT 1")).text).toBe("1\n");
  });
});
