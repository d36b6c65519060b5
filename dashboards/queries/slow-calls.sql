-- The slowest calls
-- @param since DateTime64(3,'UTC') now-1d
-- @param until DateTime64(3,'UTC') now
-- @param agent String ""
-- @param top UInt32 20
SELECT
  e.timestamp AS timestamp, e.agent AS agent, e.tool AS tool, e.endpoint AS endpoint, e.target AS target,
  e.duration_ms AS duration_ms, e.model AS model, e.response_code AS response_code, e.error AS error, e.id AS id
FROM events AS e
WHERE e.duration_ms IS NOT NULL
  AND e.judged_at >= {since:DateTime64(3,'UTC')} AND e.judged_at < {until:DateTime64(3,'UTC')}
  AND e.arrived_at >= {since:DateTime64(3,'UTC')}
  AND ({agent:String} = '' OR e.agent = {agent:String})
ORDER BY duration_ms DESC, timestamp
LIMIT {top:UInt32}
