-- Spend and tokens by agent and model
-- @param since DateTime64(3,'UTC') now-7d
-- @param until DateTime64(3,'UTC') now
-- @param agent String ""
SELECT
  e.agent AS agent, e.model AS model, count() AS calls, toString(sum(e.cost)) AS spend,
  countIf(e.unpriced) AS without_price, countIf(e.cost_source = 'computed') AS computed_prices,
  sum(ifNull(e.input_tokens, 0)) AS tokens_in, sum(ifNull(e.output_tokens, 0)) AS tokens_out
FROM events AS e
WHERE (e.model != '' OR e.cost IS NOT NULL)
  AND e.judged_at >= {since:DateTime64(3,'UTC')} AND e.judged_at < {until:DateTime64(3,'UTC')}
  AND e.arrived_at >= {since:DateTime64(3,'UTC')}
  AND ({agent:String} = '' OR e.agent = {agent:String})
GROUP BY e.agent, e.model
ORDER BY sum(e.cost) DESC, agent, model
