-- Spend per agent and day, beside a daily limit
-- Without `limit` the share is NULL. Days are those of `timezone`.
-- @param since DateTime64(3,'UTC') now-14d
-- @param until DateTime64(3,'UTC') now
-- @param agent String ""
-- @param timezone String UTC
-- @param limit Float64 0
SELECT
  toDate(h.hour, {timezone:String}) AS day,
  h.agent AS agent,
  toString(sum(h.cost)) AS spend,
  round(100 * toFloat64(sum(h.cost)) / nullIf({limit:Float64}, 0), 1) AS percent_of_limit,
  sum(h.unpriced) AS without_price
FROM events_hourly AS h
WHERE h.hour >= toDateTime({since:DateTime64(3,'UTC')}) AND h.hour < toDateTime({until:DateTime64(3,'UTC')})
  AND ({agent:String} = '' OR h.agent = {agent:String})
GROUP BY day, h.agent
ORDER BY day, sum(h.cost) DESC, agent
