-- What is normal for an agent: its baselines by hour of the week
-- Cell 0 is Monday 00:00 in the agent's zone, 167 is Sunday 23:00.
-- @param agent String
-- @param series String ""
SELECT
  b.series AS series, b.subject AS subject, b.cell AS cell,
  arrayElement(['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'], intDiv(b.cell, 24) + 1) AS day,
  b.cell % 24 AS local_hour,
  round(b.low, 2) AS low, round(b.expected, 2) AS expected, round(b.high, 2) AS high,
  b.samples AS samples, b.state AS state, b.computed_at AS computed_at
FROM baselines AS b FINAL
WHERE b.agent = {agent:String} AND ({series:String} = '' OR b.series = {series:String})
ORDER BY series, subject, cell
