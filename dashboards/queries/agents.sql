-- What each agent did: actions, decisions, API calls, errors, spend, tokens
-- Events `without_price` should have one: `spend` is blind to them. The share is of `paid`: API calls and what names a
-- model or tokens, and whatever else tells a cost. Where events are no longer kept it is NULL.
-- @param since DateTime64(3,'UTC') now-7d
-- @param until DateTime64(3,'UTC') now
SELECT
  h.agent AS agent,
  sumIf(h.events, h.kind = 'action') AS actions,
  sumIf(h.events, h.kind = 'decision') AS decisions,
  sumIf(h.events, h.kind = 'api_call') AS api_calls,
  sum(h.errors) AS failed,
  toString(sum(h.cost)) AS spend,
  sum(h.unpriced) AS without_price,
  any(p.paid) AS paid,
  if(paid < without_price, NULL, round(100 * without_price / greatest(1, paid), 1)) AS without_price_percent,
  sum(h.input_tokens) + sum(h.output_tokens) AS tokens
FROM events_hourly AS h
LEFT JOIN (
  SELECT e.agent AS agent, countIf(e.unpriced OR e.cost IS NOT NULL) AS paid
  FROM events AS e
  WHERE toStartOfHour(e.judged_at) >= toDateTime({since:DateTime64(3,'UTC')})
    AND toStartOfHour(e.judged_at) < toDateTime({until:DateTime64(3,'UTC')})
    AND e.arrived_at >= {since:DateTime64(3,'UTC')}
  GROUP BY e.agent
) AS p ON p.agent = h.agent
WHERE h.hour >= toDateTime({since:DateTime64(3,'UTC')}) AND h.hour < toDateTime({until:DateTime64(3,'UTC')})
GROUP BY h.agent
ORDER BY sum(h.cost) DESC, agent
