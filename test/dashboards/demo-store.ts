/** A store on the real engine that holds a fleet's fortnight, an incident, a refused line and sends. */
import type { ClickHouseClient } from "@clickhouse/client";
import pino from "pino";
import { type Ask, rowsFromCompact } from "../../dashboards/ask.ts";
import { askReader } from "../../ingest/clickhouse/ask-reader.ts";
import { migrate } from "../../ingest/clickhouse/migrate.ts";

export const DAY = 86_400_000;
/** Saturday noon. */
export const NOW = Date.parse("2026-11-21T12:00:00Z");
export const HOSTILE = "evil\u001b[31m\u202Ebot\u0007";

const event = (index: number, at: number, fields: object) => ({
  timestamp: at,
  arrived_at: at,
  judged_at: at,
  agent: "steady",
  kind: "action",
  id: `e${index}`,
  tool: "web_search",
  topic: "agent-journal",
  partition: 0,
  offset: index,
  schema_version: 1,
  id_source: "producer",
  content: "0",
  clock: "ok",
  raw: "{}",
  ...fields,
});

/** Hourly work of two agents over ten days; `busy` spends, and begins to use a new tool in the last week. */
function events(): object[] {
  const rows: object[] = [];
  for (let hour = 0; hour < 240; hour++) {
    const at = NOW - 10 * DAY + hour * 3_600_000;
    rows.push(
      event(rows.length, at, { raw: '{"action":"web_search","details":{"q":"acme"}}', duration_ms: 120, run: "r1" }),
    );
    rows.push(
      event(rows.length, at + 1000, {
        ...{
          agent: "busy",
          kind: "api_call",
          tool: "openai",
          endpoint: "/v1/chat",
          model: "gpt-5",
          credential: "key-1",
        },
        ...(hour % 10 === 0 ? { unpriced: true } : { cost: "0.4", cost_source: "reported" }),
        ...(hour % 25 === 0 ? { failed: true, response_code: 503 } : { response_code: 200 }),
        call: `c${hour % 3}`,
        outcome: "same",
      }),
    );
  }
  rows.push(
    event(rows.length, NOW - 3 * DAY, { agent: "busy", tool: "delete_page", parent: "e0", trigger: "person:dana" }),
  );
  rows.push(event(rows.length, NOW - 2 * DAY, { agent: HOSTILE, tool: "bash\u001b[2J", raw: "not json" }));
  const euros = { unpriced: true, cost_original: "0.5", currency: "EUR" };
  rows.push(event(rows.length, NOW - 2 * DAY + 1, { agent: HOSTILE, tool: "think", model: "gpt-5", ...euros }));
  rows.push(
    event(rows.length, NOW - 2 * DAY + 5, {
      agent: "busy",
      kind: "decision",
      tool: "stop",
      raw: '{"reasoning":"enough"}',
    }),
  );
  return rows;
}

const incident = {
  ...{ id: "i1", scope_kind: "agent", scope_name: "busy", agent: "busy", detector: "spend", subject: "", episode: "1" },
  ...{
    severity: "critical",
    step: 0,
    title: "spent 5 times as much as usual",
    unit: "usd",
    observed: 2,
    expected: 0.4,
  },
  ...{
    opened_at: NOW - 2 * DAY,
    partition: 0,
    offset: 1,
    finding: "{}",
    findings: 2,
    hides: [],
    posts: "[]",
    end_reason: "",
  },
};

const teamIncident = {
  ...incident,
  ...{ id: "i2", scope_kind: "team", scope_name: "growth", agent: "", detector: "budget", subject: "usd/week" },
  ...{ title: "used 70 % of this week's budget", observed: 71, expected: 100, finding: "{}" },
};

const baseline = (agent: string, state: string, days: number) => ({
  ...{ type: "baseline", at: NOW - DAY, partition: 0, offset: days },
  body: JSON.stringify({ type: "baseline", agent, series: [{ series: "calls", subject: "", state, days, needed: 7 }] }),
});

const calibration = (partition: number, asked: number, at: number) => {
  const threshold = { score: "amounts", page: 6.1, note: 4.2, expected: 0.5, windows: 7000, agents: 3 };
  const body = JSON.stringify({ type: "calibration", at, asked, thresholds: [threshold] });
  return { type: "calibration", at, partition, offset: 100 + asked, body };
};

const notification = (id: string, ok: boolean, error: string) => ({
  ...{ id, at: NOW - DAY, incident: "i1", agent: "busy", detector: "spend", severity: "critical", sink: "slack" },
  ...{ channel: "#x", action: "post", reason: "first", ok, error, delay_ms: 120 },
});

/** Migrates and fills the store. */
export async function fill(writer: ClickHouseClient): Promise<void> {
  const retention = { events: 9000 * DAY, deadLetters: 9000 * DAY, rollups: 9000 * DAY };
  await migrate(writer, { database: "watchkeeper", retention, logger: pino({ level: "silent" }) });
  const insert = (table: string, values: object[]) => writer.insert({ table, values, format: "JSONEachRow" });
  await insert("events", events());
  await insert("incidents", [
    { ...incident, state: "open", updated_at: NOW - 2 * DAY, revision: 1 },
    { ...incident, state: "resolved", updated_at: NOW - DAY, resolved_at: NOW - 2 * DAY + 5_400_000, revision: 2 },
    { ...teamIncident, state: "open", updated_at: NOW - 2 * DAY, revision: 1 },
  ]);
  await insert("controls", [baseline("steady", "ready", 10), baseline("busy", "learning", 3)]);
  await insert("judgements", [
    {
      ...{ partition: 0, rule: "loop", window_from: NOW - DAY, window_to: NOW - DAY + 3_600_000, status: "late" },
      ...{ events: 10, findings: 1, failures: 0, at: NOW - DAY + 3_600_000, judged_at: NOW, version: 1 },
    },
  ]);
  await insert("controls", [
    calibration(0, 3, NOW - 2 * DAY),
    calibration(0, 2, NOW - DAY),
    calibration(1, 2, NOW - DAY),
  ]);
  await insert("notifications", [notification("n1", true, ""), notification("n2", false, "channel_not_found")]);
  const letter = {
    source: "http",
    reason: "not JSON at byte 3",
    bytes: "{{{",
    size: 3,
    id: "d1",
    line: 1,
    code: "not_json",
  };
  await insert("dead_letters", [
    { ...letter, arrived_at: NOW - DAY, encoding: "utf8", topic: "agent-events-dead", partition: 0, offset: 0 },
  ]);
}

/** The port as the program implements it: through the form check, as the reader. */
export function askThrough(client: ClickHouseClient): Ask {
  return (sql, params) => rowsFromCompact(answer(client, sql, params));
}

async function* answer(client: ClickHouseClient, sql: string, params: Record<string, unknown>) {
  const { columns, rows } = await askReader(client, sql, params);
  yield columns.map(({ name }) => name);
  yield columns.map(({ type }) => type);
  yield* rows;
}

/** Collects what is written. */
export function collector() {
  let text = "";
  return {
    write: async (more: string) => {
      text += more;
    },
    text: () => text,
  };
}
