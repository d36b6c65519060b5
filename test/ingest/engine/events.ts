/** Rows of `events` for tests of the store. */
import type { EventRow } from "../../../schemas/clickhouse/tables.ts";

const DAY = 86_400_000;

export const RETENTION = { events: 90 * DAY, deadLetters: 30 * DAY, rollups: 3 * 365 * DAY };

/** One priced call of `tool` at `at`, at a position of partition 0. */
export function eventRow(offset: number, at: number, change: Partial<EventRow> = {}): EventRow {
  return {
    topic: "agent-journal",
    partition: 0,
    offset,
    schema_version: 1,
    id: `id-${offset}`,
    id_source: "producer",
    content: "0".repeat(32),
    agent: `agent_${offset % 3}`,
    kind: "api_call",
    tool: `tool_${offset % 5}`,
    timestamp: at,
    arrived_at: at,
    judged_at: at,
    clock: "ok",
    cost: "0.001",
    cost_source: "reported",
    raw: `{"offset":${offset}}`,
    ...change,
  };
}
