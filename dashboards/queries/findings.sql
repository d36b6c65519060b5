-- What the detectors said: every finding, with what was observed against what was expected
-- @param since DateTime64(3,'UTC') now-1d
-- @param until DateTime64(3,'UTC') now
-- @param agent String ""
-- @param detector String ""
SELECT
  f.at AS at, f.scope_kind AS scope, f.scope_name AS scope_name, f.agent AS agent, f.detector AS detector, f.severity AS severity, f.title AS title,
  round(f.observed, 6) AS observed, round(f.expected, 6) AS expected, round(f.low, 6) AS low, round(f.high, 6) AS high, round(f.score, 1) AS score,
  f.unit AS unit, f.reason AS reason, f.incident AS incident
FROM findings AS f FINAL
WHERE f.at >= {since:DateTime64(3,'UTC')} AND f.at < {until:DateTime64(3,'UTC')}
  AND ({agent:String} = '' OR f.agent = {agent:String})
  AND ({detector:String} = '' OR f.detector = {detector:String})
ORDER BY at, agent, detector
