-- Tools, APIs and decisions of each agent, the most used first
-- @param since DateTime64(3,'UTC') now-7d
-- @param until DateTime64(3,'UTC') now
-- @param agent String ""
-- @param top UInt32 20
SELECT
  h.agent AS agent,
  h.tool AS tool,
  h.kind AS kind,
  sum(h.events) AS calls,
  sum(h.errors) AS failed,
  toString(sum(h.cost)) AS spend,
  sum(h.unpriced) AS without_price,
  round(arrayElement(quantilesTDigestMerge(0.5, 0.95, 0.99)(h.duration), 2), 1) AS p95_ms
FROM events_hourly AS h
WHERE h.hour >= toDateTime({since:DateTime64(3,'UTC')}) AND h.hour < toDateTime({until:DateTime64(3,'UTC')})
  AND ({agent:String} = '' OR h.agent = {agent:String})
GROUP BY h.agent, h.tool, h.kind
ORDER BY agent, calls DESC, tool
LIMIT {top:UInt32} BY agent
