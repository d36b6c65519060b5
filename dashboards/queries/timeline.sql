-- Everything one agent did, in order, and what triggered it
-- @param agent String
-- @param since DateTime64(3,'UTC') 1970-01-01
-- @param until DateTime64(3,'UTC') 2105-12-31
SELECT
  e.timestamp AS timestamp, e.arrived_at AS arrived_at, e.agent AS agent, e.kind AS kind, e.id AS id, e.run AS run,
  e.trigger AS trigger, e.parent AS parent, e.tool AS tool, e.endpoint AS endpoint, e.target AS target,
  e.success AS success, e.response_code AS response_code, e.error AS error, toString(e.cost) AS cost, e.cost_original AS cost_original, e.currency AS currency,
  e.cost_source AS cost_source, e.unpriced AS unpriced, e.model AS model, e.input_tokens AS input_tokens,
  e.output_tokens AS output_tokens, e.duration_ms AS duration_ms, e.credential AS credential,
  e.environment AS environment, e.clock AS clock, e.raw AS raw, e.topic AS topic, e.partition AS partition,
  e.offset AS offset
FROM events AS e
WHERE e.agent = {agent:String}
  AND e.timestamp >= {since:DateTime64(3,'UTC')} AND e.timestamp < {until:DateTime64(3,'UTC')}
ORDER BY e.timestamp, e.partition, e.offset
