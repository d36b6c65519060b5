-- How far learning is: days of history per agent, and days it takes
-- From the newest baseline of each agent. `ready` series are judged, `learning` ones are not.
SELECT
  c.agent AS agent,
  max(JSONExtractFloat(s, 'days')) AS days,
  max(JSONExtractFloat(s, 'needed')) AS needed,
  countIf(JSONExtractString(s, 'state') = 'ready') AS series_ready,
  countIf(JSONExtractString(s, 'state') = 'learning') AS series_learning,
  any(c.learned_at) AS learned_at
FROM (
  SELECT JSONExtractString(b.body, 'agent') AS agent, argMax(b.body, b.at) AS body, max(b.at) AS learned_at
  FROM controls AS b FINAL
  WHERE b.type = 'baseline'
  GROUP BY agent
) AS c
ARRAY JOIN JSONExtractArrayRaw(c.body, 'series') AS s
GROUP BY c.agent
ORDER BY agent
