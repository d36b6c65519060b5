/** Destinations that several agents are used to, out of ClickHouse. */
import type { ClickHouseClient } from "@clickhouse/client";
import { MOST_PEER_PLACES, type PeerPlace, type PeersRecord } from "../../schemas/peers.ts";
import { DAY_MS } from "../time/zones.ts";

/** What is looked back at. */
export const PEER_DAYS = 14;
/** An agent is used to a place that it went to on so many days, and peers know it when so many agents are. */
export const DAYS_TO_KNOW = 3;
export const AGENTS_TO_KNOW = 2;
/**
 * What stood in a page of any agent is not called known: two agents may have been taken over alike. A day is that of the
 * event, but for one that came late without being history: its time may be made up, so it counts for the day it came.
 * Fifteen days fit into the bits of one number, and what is too much for the memory goes to disk: names are made up freely.
 */
const PLACES = `
SELECT place, toUInt32(count()) AS agents
FROM (
  WITH if(target != '', target, if(position(endpoint, '://') > 0, endpoint, '')) AS said,
    if(clock = 'late' AND NOT backfill, arrived_at, judged_at) AS came
  SELECT agent, lower(if(position(said, '://') > 0, domain(said), said)) AS place
  FROM events
  WHERE arrived_at >= toDateTime({from:UInt32}, 'UTC') AND judged_at >= toDateTime({from:UInt32}, 'UTC')
    AND kind != 'decision' AND place != '' AND length(place) <= 200
  GROUP BY agent, place
  HAVING bitCount(groupBitOr(bitShiftLeft(toUInt32(1), toUInt8(toRelativeDayNum(came) % 32)))) >= {days:UInt32}
)
WHERE place NOT IN (
  SELECT lower(subject) FROM findings
  WHERE detector = 'outbound' AND severity != 'info' AND at >= toDateTime({from:UInt32}, 'UTC')
)
GROUP BY place
HAVING agents >= {agents:UInt32}
ORDER BY agents DESC, place
LIMIT {most:UInt32}
SETTINGS max_bytes_before_external_group_by = 100000000`;

/** What peers know up to `now`. Rejects when the store does not answer. */
export async function learnPeerPlaces(
  client: ClickHouseClient,
  now: number,
  signal?: AbortSignal,
): Promise<PeersRecord> {
  const from = Math.floor((now - PEER_DAYS * DAY_MS) / 1000);
  const result = await client.query({
    query: PLACES,
    query_params: { from, days: DAYS_TO_KNOW, agents: AGENTS_TO_KNOW, most: MOST_PEER_PLACES },
    format: "JSONEachRow",
    ...(signal === undefined ? {} : { abort_signal: signal }),
  });
  const places = await result.json<PeerPlace>();
  return { type: "peers", at: now, places: places.map(({ place, agents }) => ({ place, agents: Number(agents) })) };
}
