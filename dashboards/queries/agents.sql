-- What each agent did: actions, decisions, API calls, errors, spend, tokens
-- Events `without_price` should have one: `spend` is blind to them. The share is of actions and API calls.
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
  round(least(100, 100 * without_price / greatest(1, actions + api_calls)), 1) AS without_price_percent,
  sum(h.input_tokens) + sum(h.output_tokens) AS tokens
FROM events_hourly AS h
WHERE h.hour >= toDateTime({since:DateTime64(3,'UTC')}) AND h.hour < toDateTime({until:DateTime64(3,'UTC')})
GROUP BY h.agent
ORDER BY sum(h.cost) DESC, agent
