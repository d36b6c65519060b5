/** What a store with replicas is asked, statement by statement; a server that only listens, because none with replicas is here. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { ClickHouseClient } from "@clickhouse/client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { connectStore } from "../../../ingest/clickhouse/connect.ts";
import { createInsert } from "../../../ingest/store/insert.ts";
import { createMakeWhole } from "../../../ingest/store/make-whole.ts";
import { TOPICS } from "../../../schemas/topics.ts";
import { sleep } from "./fixtures.ts";

const EXTENT = { topic: TOPICS.journal, partition: 2, from: 1, to: 2 };
const ROW = { head: "{}\n" };
const { signal } = new AbortController();

let server: Server;
let client: ClickHouseClient;
let asked: { readonly statement: string; readonly settings: URLSearchParams }[];
let nonces = 0;
const nonce = () => String(nonces++);

beforeEach(async () => {
  asked = [];
  server = createServer((request, response) => {
    void text(request).then((body) => {
      const settings = new URL(request.url ?? "/", "http://localhost").searchParams;
      const statement = settings.get("query") ?? body;
      asked.push({ statement, settings });
      response.setHeader("X-ClickHouse-Query-Id", "1");
      response.end(statement.startsWith("SELECT") ? `{"n":${statement.includes("toInt64") ? 9 : 2}}\n` : "");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  client = connectStore({ url, username: "u", password: "p", database: "d" });
});

afterEach(async () => {
  await client.close();
  server.closeAllConnections();
  server.close();
});

/** Settings that a statement was sent with. */
const settingsOf = (start: string, name: string) =>
  asked.filter(({ statement }) => statement.startsWith(start)).map(({ settings }) => settings.get(name));

describe("a store with replicas", () => {
  it("has an insert acknowledged by most of them, under its token", async () => {
    await createInsert({ client, database: "d", nonce, replicated: true })("events", "t", [ROW], signal);
    expect(settingsOf("INSERT", "insert_quorum")).toEqual(["auto"]);
    expect(settingsOf("INSERT", "insert_deduplication_token")).toEqual(["t"]);
  });

  it("has the replica catch up before rows are counted", async () => {
    const makeWhole = createMakeWhole({
      client,
      database: "d",
      sleep: (_ms, s) => sleep(1, s),
      replicated: true,
    });
    await makeWhole(EXTENT, 2, () => Promise.reject(new Error("all rows are there")), signal);
    const words = asked.map(({ statement }) => statement.trim().split(/\s+/).slice(0, 4).join(" "));
    const sync = ["SYSTEM SYNC REPLICA d.events", "SYSTEM SYNC REPLICA d.events_hourly"];
    expect(words.slice(0, 3)).toEqual([...sync, "SELECT count() AS n"]);
    expect(words.slice(3, 5)).toEqual(sync);
    expect(words.findIndex((start) => start.startsWith("INSERT INTO d.events_hourly"))).toBeGreaterThan(4);
    expect(new Set(settingsOf("INSERT", "insert_quorum"))).toEqual(new Set(["auto"]));
  });
});

describe("a store without replicas", () => {
  it("is asked nothing of the kind, and no two inserts without a token share one", async () => {
    const insert = createInsert({ client, database: "d", nonce });
    await insert("events", undefined, [ROW], signal);
    await insert("events", undefined, [ROW], signal);
    await createMakeWhole({ client, database: "d", sleep })(EXTENT, 2, () => Promise.reject(new Error()), signal);
    expect(settingsOf("INSERT", "insert_quorum").every((value) => value === null)).toBe(true);
    expect(new Set(settingsOf("INSERT", "insert_deduplication_token")).size).toBe(4);
    expect(asked.some(({ statement }) => statement.startsWith("SYSTEM"))).toBe(false);
  });
});
