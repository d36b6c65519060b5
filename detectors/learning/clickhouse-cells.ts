/** Hourly cells out of ClickHouse, agent by agent, so that the fleet's history is never in memory at once. */
import type { ClickHouseClient } from "@clickhouse/client";
import type { EventKind } from "../../schemas/journal.ts";
import { HOUR_MS } from "../time/zones.ts";
import type { AgentHistory, CellSource, FlaggedHour, HourCell } from "./cells.ts";

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
WHERE at >= toDateTime({from:UInt32}, 'UTC') AND severity != 'info' AND agent != ''
GROUP BY agent, detector, subject, flagged_hour`;

type CellRow = [string, number, EventKind, string, number, number, number];
type FlaggedRow = { agent: string; detector: string; subject: string; hour_s: number };

/** Cells of `events_hourly` and flagged hours of `findings`, in the client's database. */
export function clickhouseCells(client: ClickHouseClient): CellSource {
  async function flaggedByAgent(params: Record<string, number>, signal?: AbortSignal) {
    const result = await client.query({
      query: FLAGGED,
      query_params: params,
      format: "JSONEachRow",
      ...(signal === undefined ? {} : { abort_signal: signal }),
    });
    const byAgent = new Map<string, FlaggedHour[]>();
    for (const { agent, detector, subject, hour_s } of await result.json<FlaggedRow>()) {
      const hours = byAgent.get(agent) ?? [];
      hours.push({ detector, subject, hour: hour_s * 1000 });
      byAgent.set(agent, hours);
    }
    return byAgent;
  }

  return {
    async *histories(from, to, signal): AsyncGenerator<AgentHistory> {
      const params = {
        from: Math.floor(from / HOUR_MS) * (HOUR_MS / 1000),
        to: Math.ceil(to / HOUR_MS) * (HOUR_MS / 1000),
      };
      const flagged = await flaggedByAgent(params, signal);
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
            yield { ...current, flagged: flagged.get(current.agent) ?? [] };
            current = undefined;
          }
          current ??= { agent, cells: [] };
          current.cells.push({ hour: hour * 1000, kind, tool, events, cost, unpriced });
        }
      }
      if (current !== undefined) yield { ...current, flagged: flagged.get(current.agent) ?? [] };
    },
  };
}
