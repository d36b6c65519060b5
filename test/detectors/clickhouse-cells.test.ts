import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AgentHistory } from "../../detectors/learning/cells.ts";
import { clickhouseCells } from "../../detectors/learning/clickhouse-cells.ts";
import { learnAgent } from "../../detectors/learning/learn-agent.ts";
import { createZones, DAY_MS, HOUR_MS } from "../../detectors/time/zones.ts";
import { migrate } from "../../ingest/clickhouse/migrate.ts";
import { eventRow } from "../../ingest/store/event-row.ts";
import { bytesOf } from "../../ingest/store/insert.ts";
import type { BaselineRow } from "../../schemas/baseline.ts";
import { RETENTION } from "../ingest/engine/events.ts";
import { logger, type RunningEngine, runEngine } from "../ingest/engine/running-engine.ts";
import { event } from "./events.ts";

const NOW = Date.now();
const HOUR = Math.floor(NOW / HOUR_MS) * HOUR_MS;

describe("hourly cells out of the store", () => {
  let running: RunningEngine;
  beforeAll(async () => {
    running = await runEngine({});
    await migrate(running.writer, { database: "watchkeeper", retention: RETENTION, logger });
  });
  afterAll(() => running.close());

  async function histories(): Promise<AgentHistory[]> {
    const found: AgentHistory[] = [];
    for await (const history of clickhouseCells(running.writer).histories(NOW - 35 * DAY_MS, NOW)) found.push(history);
    return found;
  }

  it("are none in an empty store", async () => {
    expect(await histories()).toEqual([]);
  });

  it("come agent by agent, with sums by hour, kind and tool, and the hours that were flagged", async () => {
    const events = ["a", "b"].flatMap((agent) =>
      Array.from({ length: 30 }, (_, index) =>
        event(HOUR - (index % 3) * HOUR_MS, { agent, tool: `tool ${index % 2}`, cost: "0.01", kind: "api_call" }),
      ),
    );
    const unpriced = event(HOUR, { agent: "b", kind: "api_call", unpriced: true });
    const values = [...events, unpriced].map((one, offset) =>
      JSON.parse(
        bytesOf([
          eventRow(one, Buffer.from(JSON.stringify(one)), { topic: "agent-journal", partition: 0, offset }),
        ]).toString(),
      ),
    );
    await running.writer.insert({ table: "events", values, format: "JSONEachRow" });
    const at = HOUR + 60_000;
    const flagged = { agent: "a", detector: "spend", id: "f", at, window_from: at - HOUR_MS, window_to: at };
    const noted = { ...flagged, id: "n", agent: "b", severity: "info" };
    await running.writer.insert({ table: "findings", values: [flagged, noted], format: "JSONEachRow" });

    const [a, b, ...others] = await histories();
    expect(others).toEqual([]);
    expect([a?.agent, b?.agent]).toEqual(["a", "b"]);
    expect(a?.cells).toHaveLength(6);
    expect(a?.cells[0]).toMatchObject({ hour: HOUR - 2 * HOUR_MS, kind: "api_call", events: 5, unpriced: 0 });
    expect(a?.cells[0]?.cost).toBeCloseTo(0.05, 10);
    expect(b?.cells.find((cell) => cell.tool === "search")).toMatchObject({ events: 1, cost: 0, unpriced: 1 });
    expect(new Set(a?.flagged.map((hour) => hour.hour))).toEqual(new Set([HOUR, HOUR - HOUR_MS]));
    expect(b?.flagged).toEqual([]);
  });

  it("come without reading the text of every record that is kept", async () => {
    const rows = `SELECT 0, 1000000 + number, 'baseline', now64(3), repeat(toString(cityHash64(number)), 300) FROM numbers(20000)`;
    await running.writer.command({ query: `INSERT INTO controls (partition, offset, type, at, body) ${rows}` });
    const patient = clickhouseCells({
      query: (asked: Parameters<typeof running.writer.query>[0]) =>
        running.writer.query({ ...asked, clickhouse_settings: { max_bytes_to_read: "20000000" } }),
    } as unknown as typeof running.writer);
    const found: AgentHistory[] = [];
    for await (const history of patient.histories(NOW - 35 * DAY_MS, NOW)) found.push(history);
    expect(found).toEqual(await histories());
  });

  it("come without the hours of levels, and with what somebody marked as expected", async () => {
    const at = HOUR + 120_000;
    const level = { agent: "b", detector: "spend", id: "l", at, window_from: at, window_to: at, reason: "grown" };
    await running.writer.insert({ table: "findings", values: [level], format: "JSONEachRow" });
    const said = {
      type: "human",
      act: "expected",
      at,
      agent: "a",
      detector: "spend",
      subject: 'x " y',
      from: HOUR,
      to: at,
    };
    const row = { partition: 0, offset: 99, type: "human", at, body: JSON.stringify(said) };
    await running.writer.insert({ table: "controls", values: [row], format: "JSONEachRow" });
    const [a, b] = await histories();
    expect(a?.expected).toEqual([{ detector: "spend", subject: 'x " y', from: HOUR, to: at }]);
    expect([b?.flagged, b?.expected]).toEqual([[], []]);
  });

  it("are learned from, and the rows are readable in table baselines", async () => {
    const [a] = await histories();
    const learned = learnAgent({
      ...(a as AgentHistory),
      flagged: [],
      timezone: "UTC",
      now: NOW,
      zones: createZones(),
      toolLimit: 64,
    });
    await running.writer.insert({ table: "baselines", values: [...(learned?.rows() ?? [])], format: "JSONEachRow" });
    const query = "SELECT * FROM baselines FINAL WHERE agent = 'a' AND series = 'calls' ORDER BY cell";
    const rows = await (await running.writer.query({ query, format: "JSONEachRow" })).json<BaselineRow>();
    expect(rows).toHaveLength(168);
    expect(rows[0]).toMatchObject({ agent: "a", subject: "", cell: 0, state: "learning" });
  });
});
