import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MemoryCells } from "../../detectors/backtest/memory-cells.ts";
import type { AgentHistory } from "../../detectors/learning/cells.ts";
import { clickhouseCells } from "../../detectors/learning/clickhouse-cells.ts";
import { DAY_MS, HOUR_MS } from "../../detectors/time/zones.ts";
import { migrate } from "../../ingest/clickhouse/migrate.ts";
import { eventRow } from "../../ingest/store/event-row.ts";
import { findingsRow } from "../../ingest/store/finding-rows.ts";
import { bytesOf } from "../../ingest/store/insert.ts";
import type { Finding } from "../../schemas/finding.ts";
import type { EventRecord, ExpectedRecord } from "../../schemas/journal.ts";
import { RETENTION } from "../ingest/engine/events.ts";
import { logger, type RunningEngine, runEngine } from "../ingest/engine/running-engine.ts";
import { event } from "./events.ts";
import { random } from "./fleet.ts";

const NOW = Math.floor(Date.now() / HOUR_MS) * HOUR_MS + 17 * 60_000;
const FROM = NOW - 35 * DAY_MS;
const AGENTS = ["a", "b", "c"];
const next = random(11);
const pick = <Value>(values: readonly Value[]): Value => values[Math.floor(next() * values.length)] as Value;
/** Half an hour to twenty days ago. */
const moment = (): number => NOW - HOUR_MS / 2 - Math.floor(next() * 20 * DAY_MS);

const EVENTS: readonly EventRecord[] = Array.from({ length: 400 }, () => {
  const fields = {
    agent: pick(AGENTS),
    tool: pick(["x", "y"]),
    kind: pick(["action", "api_call", "decision"] as const),
  };
  const price = pick([{ cost: "0.02" }, { unpriced: true as const }, {}]);
  return event(moment(), { ...fields, ...price });
});

const FINDINGS: readonly Finding[] = Array.from({ length: 300 }, (_, n): Finding => {
  const at = moment();
  const agent = pick(AGENTS);
  return {
    id: `f${n}`,
    detector: pick(["tool-frequency", "spend", "loop", "off-hours", "policy"]),
    scope: { kind: "agent", name: agent },
    agent,
    subject: pick(["", "x", 'y " \\']),
    episode: null,
    severity: pick(["info", "warning", "critical"]),
    step: 0,
    at,
    position: { partition: 0, offset: n },
    window: { from: at - Math.floor(next() * 3 * HOUR_MS), to: at },
    unit: "calls",
    observed: 1,
    expected: null,
    low: null,
    high: null,
    score: null,
    reason: pick(["over_baseline", "goes_on", "new_level", "grown", "evidence_together"]),
    title: "",
    facts: [],
    why: "",
    contributors: [],
    events: [],
    quietAfterMs: 1,
    endsAt: null,
    endReason: "",
  };
});

const EXPECTED: readonly ExpectedRecord[] = Array.from({ length: 10 }, (): ExpectedRecord => {
  const [at, from] = [moment(), moment()];
  const about = { agent: pick(AGENTS), detector: "spend", subject: pick(["", "x"]), observed: 1, expected: 1 };
  return {
    type: "human",
    act: "expected",
    at,
    by: "ada",
    incident: "i",
    revision: 1,
    from,
    to: from + HOUR_MS,
    ...about,
  };
});

/** Whatever the order. */
function sorted(history: AgentHistory | undefined): unknown {
  const order = (list: readonly object[] = []) =>
    list.map((one) => JSON.stringify(one, Object.keys(one).sort())).sort();
  const cells = history?.cells.map((cell) => ({ ...cell, cost: Number(cell.cost.toFixed(6)) }));
  return { cells: order(cells), flagged: order(history?.flagged), expected: order(history?.expected) };
}

describe("what learning reads of an agent", () => {
  let running: RunningEngine;
  beforeAll(async () => {
    running = await runEngine({});
    await migrate(running.writer, { database: "watchkeeper", retention: RETENTION, logger });
  });
  afterAll(() => running.close());

  it("is the same out of the store and in a backtest: cells, flagged hours, what was expected", async () => {
    const { writer } = running;
    const format = "JSONEachRow";
    const rows = EVENTS.map((one, offset) => {
      const row = eventRow(one, Buffer.from(JSON.stringify(one)), { topic: "agent-journal", partition: 0, offset });
      return JSON.parse(bytesOf([row]).toString()) as object;
    });
    await writer.insert({ table: "events", values: rows, format });
    const said = FINDINGS.flatMap((finding) => findingsRow({ type: "finding", finding, incident: "i" })?.row ?? []);
    // A replay writes some of them again.
    await writer.insert({ table: "findings", values: said, format });
    await writer.insert({ table: "findings", values: said.slice(0, 50), format });
    const controls = EXPECTED.map((one, offset) => {
      return { partition: 0, offset, type: one.type, at: one.at, body: JSON.stringify(one) };
    });
    await writer.insert({ table: "controls", values: controls, format });

    const memory = new MemoryCells();
    for (const one of EVENTS) memory.add(one);
    for (const finding of FINDINGS) memory.flag(finding);
    for (const one of EXPECTED) memory.expect(one);

    let agents = 0;
    for await (const history of clickhouseCells(writer).histories(FROM, NOW)) {
      agents++;
      expect(history.flagged.length).toBeGreaterThan(20);
      expect(sorted(history)).toEqual(sorted(memory.history(history.agent, NOW)));
    }
    expect(agents).toBe(AGENTS.length);
  });
});
