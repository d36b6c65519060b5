-- How far learning is: days of history per agent, and days it takes
-- Of the series of all calls, from the newest baseline of each agent, of the last two days of learning; off-hours take longer. `ready` series are judged, `learning` ones are not.
SELECT
  c.agent AS agent,
  maxIf(JSONExtractFloat(s, 'days'), JSONExtractString(s, 'series') = 'calls') AS days,
  maxIf(JSONExtractFloat(s, 'needed'), JSONExtractString(s, 'series') = 'calls') AS needed,
  countIf(JSONExtractString(s, 'state') = 'ready') AS series_ready,
  countIf(JSONExtractString(s, 'state') = 'learning') AS series_learning,
  any(c.learned_at) AS learned_at
FROM (
  SELECT JSONExtractString(b.body, 'agent') AS agent, argMax(b.body, b.at) AS body, max(b.at) AS learned_at
  FROM controls AS b
  WHERE b.type = 'baseline' AND b.at > (SELECT max(at) FROM controls WHERE type = 'baseline') - INTERVAL 2 DAY
  GROUP BY agent
) AS c
ARRAY JOIN JSONExtractArrayRaw(c.body, 'series') AS s
GROUP BY c.agent
ORDER BY agent
