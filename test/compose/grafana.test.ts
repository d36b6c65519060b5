/** Every panel of the dashboards answers, asked as Grafana asks: by the reading user, within that user's limits. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DAY, fill, NOW } from "../dashboards/demo-store.ts";
import { runEngine } from "../ingest/engine/running-engine.ts";
import { type EngineAs, openEngineAs } from "./engine-as.ts";
import { dashboards, expandMacros } from "./grafana.ts";

let directory: string;
let engine: EngineAs;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "watchkeeper-grafana-"));
  const { engine: server, writer, reader } = await runEngine({ directory });
  await fill(writer);
  const insert = (table: string, row: object) => writer.insert({ table, values: [row], format: "JSONEachRow" });
  await insert("baselines", { agent: "busy", series: "spend", state: "ready", computed_at: NOW - DAY });
  const open = { agent: "busy", detector: "budget", state: "open", opened_at: NOW, updated_at: NOW };
  await insert("incidents", { ...open, id: "i2", revision: 1, title: "70 % of the day's budget" });
  await Promise.all([writer.close(), reader.close()]);
  await server.stop();
  engine = await openEngineAs("watchkeeper_reader", directory);
});

afterAll(async () => {
  await engine?.close();
  await rm(directory, { recursive: true, force: true });
});

const RANGE = { from: NOW - 14 * DAY, to: NOW + DAY, intervalSeconds: 3600 };

interface Row {
  readonly [column: string]: unknown;
}

async function rowsOf(sql: string): Promise<Row[]> {
  const text = await engine.run(sql);
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Row);
}

const panels = dashboards().flatMap(({ file, panels: all }) => all.map((panel) => ({ file, panel })));
const named = panels.map(({ file, panel }) => [`${file}: ${panel.title} (${panel.type})`, panel] as const);

describe("panels", () => {
  it.each(named)("%s", async (_name, panel) => {
    for (const { rawSql, format } of panel.targets) {
      const rows = await rowsOf(expandMacros(rawSql, RANGE));
      expect(rows.length).toBeGreaterThan(0);
      const values = Object.values(rows[0] as Row);
      if (panel.type === "stat") expect([rows.length, values.length]).toEqual([1, 1]);
      if (format !== 0) continue;
      // A time column, and numbers to draw.
      expect(Object.keys(rows[0] as Row)[0]).toBe("time");
      expect(values.some((value) => typeof value === "number" || /^\d+$/.test(String(value)))).toBe(true);
    }
  });

  it.each(named)("%s: answers an empty time", async (_name, panel) => {
    const empty = { from: Date.UTC(2020, 0, 1), to: Date.UTC(2020, 0, 2), intervalSeconds: 60 };
    for (const { rawSql } of panel.targets) {
      for (const row of await rowsOf(expandMacros(rawSql, empty))) expect(JSON.stringify(row)).not.toMatch(/nan|inf/);
    }
  });

  it("count what is there", async () => {
    const value = async (title: string) => {
      const panel = panels.find((one) => one.panel.title === title)?.panel;
      const [row] = await rowsOf(expandMacros(panel?.targets[0]?.rawSql ?? "", RANGE));
      return Number(Object.values(row ?? {})[0]);
    };
    const [truth] = await rowsOf("SELECT count() AS n, toFloat64(sum(cost)) AS usd FROM events");
    expect(await value("Events")).toBe(Number(truth?.n));
    expect(await value("Spend")).toBeCloseTo(Number(truth?.usd));
    expect(await value("Open incidents")).toBe(1);
    expect(await value("Refused lines")).toBe(1);
  });
});

describe("watchkeeper_reader", () => {
  it.each([
    ["write", "INSERT INTO watchkeeper.controls (partition) VALUES (1)"],
    ["make a table", "CREATE TABLE watchkeeper.t (a Int8) ENGINE = MergeTree ORDER BY a"],
    ["drop one", "DROP TABLE watchkeeper.events"],
    ["lift its own limits", "SET max_memory_usage = 0"],
    ["lift its own limits in a question", "SELECT 1 SETTINGS max_rows_to_read = 0"],
    ["leave read-only mode", "SET readonly = 0"],
    ["read files", "SELECT * FROM file('/etc/passwd', 'LineAsString')"],
    ["reach other hosts", "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')"],
  ])("may not %s", async (_what, sql) => {
    await expect(engine.run(sql)).rejects.toThrow(/ACCESS_DENIED|READONLY|SETTING_CONSTRAINT/);
  });

  it("gets no more rows than its limit", async () => {
    await expect(engine.run("SELECT number FROM numbers(200000)")).rejects.toThrow(/ACCESS_DENIED|TOO_MANY_ROWS/);
    const many = "SELECT a.id FROM events AS a CROSS JOIN events AS b";
    await expect(engine.run(many)).rejects.toThrow(/TOO_MANY_ROWS/);
  });
});
