-- Refused lines by reason, with the newest example
-- @param since DateTime64(3,'UTC') now-7d
-- @param until DateTime64(3,'UTC') now
SELECT
  d.code AS code,
  uniqExact(d.id) AS lines,
  max(d.arrived_at) AS newest,
  argMax(d.reason, d.arrived_at) AS example,
  argMax(d.source, d.arrived_at) AS example_source,
  uniqExact(d.source) AS sources
FROM dead_letters AS d FINAL
WHERE d.arrived_at >= {since:DateTime64(3,'UTC')} AND d.arrived_at < {until:DateTime64(3,'UTC')}
GROUP BY d.code
ORDER BY lines DESC, code
