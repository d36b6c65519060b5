-- Hours that were judged late, in part or not at all, and how many were judged in time
-- @param since DateTime64(3,'UTC') now-7d
-- @param until DateTime64(3,'UTC') now
SELECT
  j.status AS status,
  j.window_from AS window_from,
  max(j.window_to) AS window_to,
  uniqExact(j.partition) AS partitions,
  uniqExact(j.rule) AS rules,
  max(j.events) AS events,
  sum(j.findings) AS findings,
  max(j.judged_at) AS judged_at
FROM judgements AS j FINAL
WHERE j.window_from >= {since:DateTime64(3,'UTC')} AND j.window_from < {until:DateTime64(3,'UTC')}
GROUP BY j.status, j.window_from
ORDER BY (j.status = 'judged') ASC, j.window_from DESC
