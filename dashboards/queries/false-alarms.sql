-- The false-alarm budget: what was asked for, the thresholds that came of it, and the pages of the time asked for
-- `page` and `note` are scores, −log10 of a tail probability; `expected` false pages a week by the tail of the fleet's past.
-- `pages` counts incidents above information that were opened and not hidden in a greater one. Marks of noise are not
-- stored in this version: every page is unjudged.
-- @param since DateTime64(3,'UTC') now-7d
-- @param until DateTime64(3,'UTC') now
WITH newest AS (
  SELECT c.body AS body, c.at AS at
  FROM controls AS c
  WHERE c.type = 'calibration' AND c.at < {until:DateTime64(3,'UTC')}
  ORDER BY c.at DESC, c.partition
  LIMIT 1
),
told AS (
  SELECT count() AS pages
  FROM incidents AS i FINAL
  WHERE i.severity != 'info' AND i.hidden_by IS NULL
    AND i.opened_at >= {since:DateTime64(3,'UTC')} AND i.opened_at < {until:DateTime64(3,'UTC')}
)
SELECT
  n.at AS calibrated_at,
  JSONExtractFloat(n.body, 'asked') AS asked,
  JSONExtractString(t, 'score') AS score,
  JSONExtractFloat(t, 'page') AS page,
  JSONExtractFloat(t, 'note') AS note,
  JSONExtractFloat(t, 'expected') AS expected,
  JSONExtractUInt(t, 'windows') AS windows,
  JSONExtractUInt(t, 'agents') AS agents,
  told.pages AS pages,
  told.pages AS unjudged
FROM newest AS n
ARRAY JOIN JSONExtractArrayRaw(n.body, 'thresholds') AS t
CROSS JOIN told
ORDER BY score
