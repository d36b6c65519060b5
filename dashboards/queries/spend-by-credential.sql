-- Spend by credential: which key paid for what
-- @param since DateTime64(3,'UTC') now-7d
-- @param until DateTime64(3,'UTC') now
SELECT
  e.credential AS credential, e.agent AS agent, e.tool AS tool, count() AS calls, toString(sum(e.cost)) AS spend,
  countIf(e.unpriced) AS without_price, max(e.judged_at) AS last_used
FROM events AS e
WHERE e.credential != ''
  AND e.judged_at >= {since:DateTime64(3,'UTC')} AND e.judged_at < {until:DateTime64(3,'UTC')}
  AND e.arrived_at >= {since:DateTime64(3,'UTC')}
GROUP BY e.credential, e.agent, e.tool
ORDER BY sum(e.cost) DESC, credential, agent, tool
