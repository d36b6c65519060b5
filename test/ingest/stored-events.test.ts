import { afterAll, beforeAll, expect, it } from "vitest";
import { askReader } from "../../ingest/clickhouse/ask-reader.ts";
import { migrate } from "../../ingest/clickhouse/migrate.ts";
import { createIntake } from "../../ingest/intake/intake.ts";
import { eventRow } from "../../ingest/store/event-row.ts";
import { bytesOf } from "../../ingest/store/insert.ts";
import { storedEvents } from "../../ingest/stored-events.ts";
import type { EventRecord } from "../../schemas/journal.ts";
import { logger, type RunningEngine, runEngine } from "./engine/running-engine.ts";

const NOON = Date.UTC(2026, 0, 27, 12);
const DAYS = 9_000 * 86_400_000;
const LINES: readonly object[] = [
  { action: "a", id: "1", run: "r", trigger: "t", parent: "p", environment: "e", target: "x", success: false },
  { api: "openai", id: "2", endpoint: "/v1", response_code: 503, cost: "$0.041", model: "m", credential: "k" },
  { api: "openai", id: "3", cost: { amount: "1.5", currency: "EUR" }, input_tokens: 7, output_tokens: 0 },
  { decision: "go", id: "4", details: { key: `AKIA${"ABCDEFGHIJKLMNOP"}` }, permission_level: 3, approved_by: "n" },
  { action: "b", success: true, error: "", duration_ms: 1.25, bytes_out: 9, cpu_percent: 0.5, memory_bytes: 1024 },
];

let engine: RunningEngine;
const written: EventRecord[] = [];

beforeAll(async () => {
  engine = await runEngine();
  const { writer, engine: server } = engine;
  await migrate(writer, {
    database: server.database,
    retention: { events: DAYS, deadLetters: DAYS, rollups: DAYS },
    logger,
  });
  const intake = createIntake({ lineBytes: 65_536, prices: [] });
  for (let hour = 0; hour < 4; hour++) {
    LINES.forEach((line, index) => {
      const arrivedAt = NOON + hour * 3_600_000 + Math.floor(index / 2);
      const text = JSON.stringify({ agent: "a", timestamp: new Date(arrivedAt - 5).toISOString(), ...line });
      const identify = () => ({ id: `${hour}-${index}`, source: "arrival" as const });
      const source = { name: "test", arrivedAt, backfill: hour === 1, identify };
      const verdict = intake.line(Buffer.from(text), index, source);
      if (verdict.kind === "event") written.push(verdict.event);
    });
  }
  const rows = written.map((event, offset) =>
    eventRow(event, Buffer.from(JSON.stringify(event)), { topic: "agent-journal", partition: offset % 2, offset }),
  );
  await writer.command({ query: `INSERT INTO events FORMAT JSONEachRow\n${bytesOf(rows).toString()}` });
});

afterAll(() => engine?.close());

async function read(since: number, until: number, pageRows: number): Promise<EventRecord[]> {
  const moment = (ms: number) => new Date(ms).toISOString().replace("T", " ").replace("Z", "");
  const found: EventRecord[] = [];
  const events = storedEvents({
    async *ask(sql, params) {
      const { columns, rows } = await askReader(engine.reader, sql, params);
      yield columns.map(({ name }) => name);
      yield columns.map(({ type }) => type);
      yield* rows;
    },
    ...{ from: moment(since), to: moment(until), pageRows },
  });
  for await (const event of events) found.push(event);
  return found;
}

it.each([1, 3, 7, 1000])(
  "gives every field as intake judged it, in order of arrival, %i rows at a time",
  async (rows) => {
    expect(written).toHaveLength(4 * LINES.length);
    const byArrival = written
      .map((event, offset) => ({ event, partition: offset % 2, offset }))
      .sort((a, b) => a.event.arrived_at - b.event.arrived_at || a.partition - b.partition || a.offset - b.offset);
    expect(await read(NOON, NOON + 86_400_000, rows)).toEqual(byArrival.map(({ event }) => event));
  },
);

it("gives what arrived in the time, the end left out", async () => {
  const hour = 3_600_000;
  const found = await read(NOON + hour, NOON + 2 * hour, 4);
  expect(found).toHaveLength(LINES.length);
  expect(found.every(({ backfill }) => backfill === true)).toBe(true);
  expect(await read(NOON + 1, NOON + 2, 4)).toHaveLength(2);
  expect(await read(NOON - hour, NOON, 4)).toEqual([]);
});
