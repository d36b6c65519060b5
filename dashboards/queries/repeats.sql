-- The same call with the same arguments, again and again
-- `outcomes` = 1 says that nothing ever changed. `per_minute` is over the span from first to last.
-- @param since DateTime64(3,'UTC') now-1d
-- @param until DateTime64(3,'UTC') now
-- @param agent String ""
-- @param at_least UInt32 5
SELECT
  e.agent AS agent, e.tool AS tool, any(e.endpoint) AS endpoint, any(e.target) AS target,
  count() AS calls, uniqExact(e.outcome) AS outcomes, countIf(e.failed) AS errors,
  min(e.judged_at) AS first_at, max(e.judged_at) AS last_at,
  round(calls / greatest(1, dateDiff('second', first_at, last_at) / 60), 2) AS per_minute,
  toString(sum(e.cost)) AS spend, any(e.id) AS example
FROM events AS e
WHERE e.call != ''
  AND e.judged_at >= {since:DateTime64(3,'UTC')} AND e.judged_at < {until:DateTime64(3,'UTC')}
  AND e.arrived_at >= {since:DateTime64(3,'UTC')}
  AND ({agent:String} = '' OR e.agent = {agent:String})
GROUP BY e.agent, e.tool, e.call
HAVING calls >= {at_least:UInt32}
ORDER BY calls DESC, agent, tool
LIMIT 200
