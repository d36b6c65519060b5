import { afterAll, beforeAll, expect, it } from "vitest";
import { startFleetLearning } from "../../detectors/learning/fleet-learning.ts";
import { DAY_MS, HOUR_MS } from "../../detectors/time/zones.ts";
import { migrate } from "../../ingest/clickhouse/migrate.ts";
import { parseConfig } from "../../ingest/settings/load-config.ts";
import type { CalibrationRecord } from "../../schemas/calibration.ts";
import { RETENTION } from "../ingest/engine/events.ts";
import { logger, type RunningEngine, runEngine } from "../ingest/engine/running-engine.ts";
import { random } from "./fleet.ts";

const NOW = Date.UTC(2026, 4, 4, 12);
const WEEKS = 4;

let running: RunningEngine;
beforeAll(async () => {
  running = await runEngine({});
  await migrate(running.writer, { database: "watchkeeper", retention: RETENTION, logger });
});
afterAll(() => running.close());

/** Roll-ups of some weeks of one agent: ten calls an hour, and now and then a burst. */
function hours(agent: string, seed: number): object[] {
  const next = random(seed);
  return Array.from({ length: WEEKS * 7 * 24 }, (_, index) => {
    const events = next() < 0.01 ? 60 : 8 + Math.floor(next() * 5);
    const hour = (NOW - (index + 1) * HOUR_MS) / 1000;
    return { agent, hour, kind: "action", tool: "search", events, arrived_at: hour };
  });
}

it("a fleet is calibrated from the store, by the false pages that were asked for, into every partition", async () => {
  const agents = Array.from({ length: 12 }, (_, index) => `agent ${index}`);
  const values = agents.flatMap(hours);
  await running.writer.insert({ table: "events_hourly", values, format: "JSONEachRow" });
  const calibrations: CalibrationRecord[] = [];
  const learned: string[] = [];
  const learning = startFleetLearning({
    lead: {
      recorded: () => undefined,
      record: async () => true,
      followBackfill: async () => ({ stop: async () => {} }),
    },
    config: parseConfig({ alerts: { falseAlarmsPerWeek: 2 } }),
    ...{ client: running.writer, database: "watchkeeper", now: () => NOW },
    append: async ({ agent }) => void learned.push(agent),
    broadcast: async (record) => {
      if (record.type === "calibration") calibrations.push(record);
    },
    telemetry: { learningStarted: () => {}, learned: () => {}, learningFailed: () => {} },
  });
  await learning.learnNow();
  await learning.stop();
  expect(learned).toEqual([...agents].sort());
  const [
    {
      at,
      asked,
      thresholds: [amounts, evidence],
    } = { thresholds: [] as const },
  ] = calibrations as [CalibrationRecord];
  expect({ at, asked }).toEqual({ at: NOW, asked: 2 });
  expect(amounts).toMatchObject({ score: "amounts", asked: 1, agents: 12, weeks: WEEKS, series: 24 });
  expect(amounts?.windows).toBe((24 * WEEKS * 7 * DAY_MS) / HOUR_MS);
  expect(amounts?.tail?.peaks).toBeGreaterThanOrEqual(40);
  expect(amounts?.expected).toBeLessThanOrEqual(1.001);
  expect(evidence).toMatchObject({ score: "evidence", asked: 0.2 });
});
