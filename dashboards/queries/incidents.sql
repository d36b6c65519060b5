-- What was unusual: incidents that were open at some moment of the time asked for
-- `spend` is what the agent spent in the hours the incident touched. `scope` is agent, or team, fleet or credential with its
-- name in `scope_name` for a total that spans agents; `agent` is empty then.
-- @param since DateTime64(3,'UTC') now-7d
-- @param until DateTime64(3,'UTC') now
-- @param agent String ""
WITH found AS (
  SELECT
    i.id AS id, i.scope_kind AS scope_kind, i.scope_name AS scope_name, i.agent AS agent, i.detector AS detector, i.subject AS subject, i.severity AS severity,
    i.state AS state, i.title AS title, i.unit AS unit, i.observed AS observed, i.expected AS expected,
    i.opened_at AS opened_at, i.resolved_at AS resolved_at, i.acknowledged_by AS acknowledged_by,
    i.hidden_by AS hidden_by, i.findings AS findings,
    least(ifNull(i.resolved_at, {until:DateTime64(3,'UTC')}), {until:DateTime64(3,'UTC')}) AS ended
  FROM incidents AS i FINAL
  WHERE i.opened_at < {until:DateTime64(3,'UTC')}
    AND (i.resolved_at IS NULL OR i.resolved_at >= {since:DateTime64(3,'UTC')})
    AND ({agent:String} = '' OR i.agent = {agent:String})
),
hours AS (
  SELECT h.agent AS agent, h.hour AS hour, sum(h.cost) AS cost, sum(h.unpriced) AS unpriced
  FROM events_hourly AS h
  WHERE h.agent IN (SELECT f.agent FROM found AS f)
    AND h.hour >= (SELECT toStartOfHour(min(f.opened_at)) FROM found AS f)
    AND h.hour < toDateTime({until:DateTime64(3,'UTC')})
  GROUP BY h.agent, h.hour
),
costs AS (
  SELECT f.id AS id, sum(c.cost) AS cost, sum(c.unpriced) AS unpriced
  FROM found AS f INNER JOIN hours AS c ON c.agent = f.agent
  WHERE c.hour >= toStartOfHour(f.opened_at) AND c.hour <= f.ended
  GROUP BY f.id
)
SELECT
  f.id AS id, f.scope_kind AS scope, f.scope_name AS scope_name, f.agent AS agent, f.detector AS detector, f.subject AS subject, f.severity AS severity,
  f.state AS state, f.title AS title, f.unit AS unit,
  round(f.observed, 6) AS observed, round(f.expected, 6) AS expected,
  f.opened_at AS opened_at, f.resolved_at AS resolved_at, f.acknowledged_by AS acknowledged_by,
  f.hidden_by AS hidden_by, f.findings AS findings,
  greatest(0, dateDiff('millisecond', f.opened_at, f.ended)) AS lasted_ms,
  toString(ifNull(k.cost, toDecimal128(0, 12))) AS spend,
  k.unpriced AS without_price
FROM found AS f LEFT JOIN costs AS k ON k.id = f.id
ORDER BY opened_at DESC, id
