/** Hourly cells out of ClickHouse, agent by agent, so that the fleet's history is never in memory at once. */
import type { ClickHouseClient } from "@clickhouse/client";
import type { EventKind } from "../../schemas/journal.ts";
import { LEVEL_REASONS } from "../level/statement.ts";
import { HOUR_MS } from "../time/zones.ts";
import { GOES_ON } from "../window/happening.ts";
import type { AgentHistory, CellSource, ExpectedSpan, FlaggedHour, HourCell } from "./cells.ts";

/** The table's order is (agent, hour, kind, tool): aggregated in order, the server holds one group at a time. */
const CELLS = `
SELECT agent, toUInt32(hour) AS hour_s, kind, tool, toFloat64(sum(events)) AS events_sum,
  toFloat64(sum(cost)) AS cost_sum, toFloat64(sum(unpriced)) AS unpriced_sum
FROM events_hourly
WHERE hour >= toDateTime({from:UInt32}, 'UTC') AND hour < toDateTime({to:UInt32}, 'UTC')
GROUP BY agent, hour, kind, tool
ORDER BY agent, hour, kind, tool
SETTINGS optimize_aggregation_in_order = 1`;

/** Hours about which something was paged: those in which its window began and in which it was said. */
const FLAGGED = `
SELECT agent, detector, subject,
  arrayJoin([toStartOfHour(window_from), toStartOfHour(at)]) AS flagged_hour, toUInt32(toDateTime(flagged_hour)) AS hour_s
FROM findings
WHERE at >= toDateTime({from:UInt32}, 'UTC') AND (severity != 'info' OR reason = {goes_on:String}) AND agent != ''
  AND reason NOT IN {learned:Array(String)}
GROUP BY agent, detector, subject, flagged_hour`;

/**
 * What somebody said is as it should be. Without FINAL, which would read the text of every baseline too: a row that a
 * replay wrote twice says the same twice.
 */
const EXPECTED = `
SELECT JSONExtractString(body, 'agent') AS agent, JSONExtractString(body, 'detector') AS detector,
  JSONExtractString(body, 'subject') AS subject, JSONExtractFloat(body, 'from') AS from_ms, JSONExtractFloat(body, 'to') AS to_ms
FROM controls
PREWHERE type = 'human' AND at >= toDateTime({from:UInt32}, 'UTC')
WHERE JSONExtractString(body, 'act') = 'expected'`;

type CellRow = [string, number, EventKind, string, number, number, number];
type ExpectedRow = { agent: string; detector: string; subject: string; from_ms: number; to_ms: number };
type FlaggedRow = { agent: string; detector: string; subject: string; hour_s: number };

/** Cells of `events_hourly` and flagged hours of `findings`, in the client's database. */
export function clickhouseCells(client: ClickHouseClient): CellSource {
  async function rowsOf<Found>(query: string, params: Record<string, unknown>, signal?: AbortSignal): Promise<Found[]> {
    const abort = signal === undefined ? {} : { abort_signal: signal };
    const result = await client.query({ query, query_params: params, format: "JSONEachRow", ...abort });
    return result.json<Found>();
  }

  async function flaggedByAgent(params: Record<string, number>, signal?: AbortSignal) {
    const rows = await rowsOf<FlaggedRow>(FLAGGED, { ...params, learned: LEVEL_REASONS, goes_on: GOES_ON }, signal);
    return byAgent(rows, ({ detector, subject, hour_s }): FlaggedHour => ({ detector, subject, hour: hour_s * 1000 }));
  }

  async function expectedByAgent(params: Record<string, number>, signal?: AbortSignal) {
    const rows = await rowsOf<ExpectedRow>(EXPECTED, params, signal);
    return byAgent(rows, ({ detector, subject, from_ms: from, to_ms: to }): ExpectedSpan => {
      return { detector, subject, from, to };
    });
  }

  return {
    async *histories(from, to, signal): AsyncGenerator<AgentHistory> {
      const params = {
        from: Math.floor(from / HOUR_MS) * (HOUR_MS / 1000),
        to: Math.ceil(to / HOUR_MS) * (HOUR_MS / 1000),
      };
      const [flagged, expected] = [await flaggedByAgent(params, signal), await expectedByAgent(params, signal)];
      const whole = (read: { agent: string; cells: HourCell[] }): AgentHistory => {
        const { agent } = read;
        return { ...read, flagged: flagged.get(agent) ?? [], expected: expected.get(agent) ?? [] };
      };
      const result = await client.query({
        query: CELLS,
        query_params: params,
        format: "JSONCompactEachRow",
        ...(signal === undefined ? {} : { abort_signal: signal }),
      });
      let current: { agent: string; cells: HourCell[] } | undefined;
      for await (const rows of result.stream<CellRow>()) {
        for (const row of rows) {
          const [agent, hour, kind, tool, events, cost, unpriced] = row.json();
          if (current !== undefined && current.agent !== agent) {
            yield whole(current);
            current = undefined;
          }
          current ??= { agent, cells: [] };
          current.cells.push({ hour: hour * 1000, kind, tool, events, cost, unpriced });
        }
      }
      if (current !== undefined) yield whole(current);
    },
  };
}

function byAgent<Row extends { readonly agent: string }, Of>(
  rows: readonly Row[],
  of: (row: Row) => Of,
): Map<string, Of[]> {
  const found = new Map<string, Of[]>();
  for (const row of rows) {
    const mine = found.get(row.agent) ?? [];
    mine.push(of(row));
    found.set(row.agent, mine);
  }
  return found;
}
