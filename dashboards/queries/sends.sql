-- Messages that were sent and those that failed, by sink and error
-- @param since DateTime64(3,'UTC') now-7d
-- @param until DateTime64(3,'UTC') now
SELECT
  n.sink AS sink,
  n.ok AS ok,
  n.error AS error,
  count() AS messages,
  max(n.at) AS newest,
  round(quantileTDigest(0.5)(n.delay_ms), 0) AS median_delay_ms
FROM notifications AS n FINAL
WHERE n.action != 'none' AND n.at >= {since:DateTime64(3,'UTC')} AND n.at < {until:DateTime64(3,'UTC')}
GROUP BY n.sink, n.ok, n.error
ORDER BY ok, messages DESC, sink, error
