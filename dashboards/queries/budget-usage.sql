-- How much of a limit each agent used, in the period in which it used most
-- `unit` is usd, calls, tokens or uses; `tool` limits uses (% matches any run of characters). Hours of the totals are
-- whole UTC hours, counted to the local period in which they begin.
-- @param agents Array(String)
-- @param unit String usd
-- @param tool String %
-- @param period String day
-- @param amount Decimal(38,12)
-- @param timezone String UTC
-- @param since DateTime64(3,'UTC') now-7d
-- @param until DateTime64(3,'UTC') now
SELECT
  p.agent AS agent,
  toString(max(p.used)) AS worst_used,
  argMax(p.starts, p.used) AS worst_from,
  argMax(p.unpriced, p.used) AS worst_without_price,
  countIf(p.used >= {amount:Decimal(38,12)}) AS periods_over,
  count() AS periods_used
FROM (
  SELECT
    h.agent AS agent,
    toDateTime(multiIf(
      {period:String} = 'hour', toStartOfHour(h.hour, {timezone:String}),
      {period:String} = 'day', toStartOfDay(h.hour, {timezone:String}),
      {period:String} = 'week', toDateTime(toMonday(h.hour, {timezone:String}), {timezone:String}),
      toDateTime(toStartOfMonth(h.hour, {timezone:String}), {timezone:String})
    ), 'UTC') AS starts,
    multiIf(
      {unit:String} = 'usd', sum(h.cost),
      {unit:String} = 'tokens', toDecimal128(sum(h.input_tokens) + sum(h.output_tokens), 12),
      toDecimal128(sumIf(h.events, h.kind != 'decision'), 12)
    ) AS used,
    sum(h.unpriced) AS unpriced
  FROM events_hourly AS h
  WHERE h.hour >= toDateTime({since:DateTime64(3,'UTC')}) AND h.hour < toDateTime({until:DateTime64(3,'UTC')})
    AND h.agent IN {agents:Array(String)}
    AND ({unit:String} != 'uses' OR (h.kind != 'decision' AND h.tool LIKE {tool:String}))
  GROUP BY agent, starts
) AS p
GROUP BY p.agent
ORDER BY agent
