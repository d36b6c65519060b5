-- The busiest hours, with what they cost
-- @param since DateTime64(3,'UTC') now-7d
-- @param until DateTime64(3,'UTC') now
-- @param agent String ""
-- @param top UInt32 20
SELECT
  h.hour AS hour,
  h.agent AS agent,
  sumIf(h.events, h.kind != 'decision') AS calls,
  sum(h.errors) AS failed,
  toString(sum(h.cost)) AS spend,
  sum(h.unpriced) AS without_price
FROM events_hourly AS h
WHERE h.hour >= toDateTime({since:DateTime64(3,'UTC')}) AND h.hour < toDateTime({until:DateTime64(3,'UTC')})
  AND ({agent:String} = '' OR h.agent = {agent:String})
GROUP BY h.hour, h.agent
ORDER BY calls DESC, hour, agent
LIMIT {top:UInt32}
