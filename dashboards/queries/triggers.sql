-- What triggered what: the events of one run, or those that one event led to
-- `depth` counts from the root. Give `run`, or `id` to see an event with everything below it.
-- @param agent String
-- @param run String ""
-- @param id String ""
WITH RECURSIVE
own AS (
  SELECT e.id AS id, e.parent AS parent, e.timestamp AS timestamp, e.kind AS kind, e.tool AS tool, e.trigger AS trigger,
    e.run AS run, e.failed AS failed, toString(e.cost) AS cost
  FROM events AS e
  WHERE e.agent = {agent:String} AND ({run:String} = '' OR e.run = {run:String})
),
tree AS (
  SELECT o.id AS id, o.parent AS parent, toUInt16(0) AS depth
  FROM own AS o
  WHERE ({id:String} != '' AND o.id = {id:String})
    OR ({id:String} = '' AND {run:String} != '' AND o.parent NOT IN (SELECT p.id FROM own AS p))
  UNION ALL
  SELECT o.id AS id, o.parent AS parent, toUInt16(t.depth + 1) AS depth
  FROM own AS o INNER JOIN tree AS t ON o.parent = t.id
  WHERE t.depth < 50 AND o.parent != ''
)
SELECT
  o.timestamp AS timestamp, t.depth AS depth, o.kind AS kind, concat(repeat('  ', t.depth), o.tool) AS what,
  o.trigger AS trigger, o.failed AS failed, o.cost AS cost, o.run AS run, o.id AS id, o.parent AS parent
FROM tree AS t INNER JOIN own AS o ON o.id = t.id
ORDER BY timestamp, depth, id
