-- Tools that an agent used for the first time
-- First within the hourly totals that are kept. `agent_is_new` when everything of this agent is.
-- @param since DateTime64(3,'UTC') now-7d
-- @param until DateTime64(3,'UTC') now
SELECT
  t.agent AS agent,
  t.tool AS tool,
  t.kind AS kind,
  t.first_hour AS first_used,
  t.calls AS calls,
  min(t.first_hour) OVER (PARTITION BY t.agent) >= toDateTime({since:DateTime64(3,'UTC')}) AS agent_is_new
FROM (
  SELECT h.agent AS agent, h.tool AS tool, h.kind AS kind, min(h.hour) AS first_hour, sum(h.events) AS calls
  FROM events_hourly AS h
  WHERE h.kind != 'decision' AND h.hour < toDateTime({until:DateTime64(3,'UTC')})
  GROUP BY h.agent, h.tool, h.kind
) AS t
QUALIFY first_used >= toDateTime({since:DateTime64(3,'UTC')})
ORDER BY first_used, agent, tool
