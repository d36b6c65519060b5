import { describe, expect, it } from "vitest";
import { loadBaseline, packBaseline } from "../../detectors/baseline/expectations.ts";
import type { AgentHistory, CellSource, HourCell } from "../../detectors/learning/cells.ts";
import { leftOutHours } from "../../detectors/learning/flagged.ts";
import { learnFleet } from "../../detectors/learning/learn.ts";
import { learnAgent, stateText } from "../../detectors/learning/learn-agent.ts";
import { startLearning } from "../../detectors/learning/schedule.ts";
import { createZones, DAY_MS, HOUR_MS } from "../../detectors/time/zones.ts";
import type { BaselineRow } from "../../schemas/baseline.ts";
import type { CalibrationRecord } from "../../schemas/calibration.ts";
import { unwrittenOptions } from "../../schemas/detector-options.ts";
import type { BaselineRecord } from "../../schemas/journal.ts";

/** Due on the last day of February in leap years: the machine's own clock starts no run. */
const NEVER_DUE = "0 0 29 2 *";
const NOW = Date.UTC(2026, 2, 30, 12, 20);
const zones = createZones();

/** `events` of one tool in each hour that `when` names, `days` back from now. */
function cellsOf(days: number, when: (hour: number) => number, tool = "search"): HourCell[] {
  const cells: HourCell[] = [];
  const end = Math.floor(NOW / HOUR_MS) * HOUR_MS;
  for (let hour = end - days * DAY_MS; hour <= end; hour += HOUR_MS) {
    const events = when(hour);
    if (events > 0) cells.push({ hour, kind: "action", tool, events, cost: events * 0.01, unpriced: 0 });
  }
  return cells;
}

function learn(cells: HourCell[], more: Partial<AgentHistory> & { timezone?: string } = {}) {
  const input = { agent: "a", cells, flagged: [], timezone: "UTC", now: NOW, zones, toolLimit: 64, ...more };
  const learned = learnAgent(input);
  if (learned === undefined) throw new Error("nothing learned");
  const find = (series: string, subject = "") =>
    learned.record.series.find((s) => s.series === series && s.subject === subject);
  return { ...learned, find };
}

describe("learning an agent", () => {
  it("expects in the next 48 hours what each hour of the week held, in steps of the mean price", () => {
    const { record, find } = learn(cellsOf(28, (hour) => (new Date(hour).getUTCHours() === 9 ? 30 : 10)));
    expect(record.from).toBe(Date.UTC(2026, 2, 30, 11));
    const calls = find("calls")?.expected ?? [];
    expect(calls).toHaveLength(48);
    expect(calls[22]).toBeCloseTo(30, 0);
    expect(calls[0]).toBeCloseTo(10, 0);
    expect(find("spend")).toMatchObject({ unit: 0.01, state: "ready" });
    expect(find("spend")?.expected[0]).toBeCloseTo(0.1, 2);
  });

  it("reads the week in the agent's zone: a habit of local hours moves with daylight saving", () => {
    const nine = (hour: number): number =>
      zones.dayAndMinute("Europe/Berlin", hour).minute === 540 && hour < Date.UTC(2026, 2, 29) ? 40 : 0;
    const { record, find } = learn(cellsOf(28, nine), { timezone: "Europe/Berlin" });
    const peak = (find("calls")?.expected ?? []).indexOf(Math.max(...(find("calls")?.expected ?? [])));
    expect(zones.clock("Europe/Berlin", record.from + peak * HOUR_MS)).toBe("09:00");
  });

  it("says how far it is while it learns", () => {
    const { record } = learn(cellsOf(3, () => 5));
    expect(record.series.map(stateText)).toEqual([
      "learning, 3 of 7 days",
      "learning, 3 of 7 days",
      "learning, 3 of 7 days",
      "learning, 3 of 14 days",
    ]);
  });

  it("leaves the current hour out and fills hours without events with zeros", () => {
    const { find } = learn(cellsOf(14, (hour) => (hour > NOW - HOUR_MS ? 900 : Math.floor(hour / HOUR_MS) % 2)));
    expect(find("calls")?.expected[0]).toBeLessThan(1.1);
  });

  it("a tool's days count from its first use", () => {
    const { find } = learn([...cellsOf(20, () => 5), ...cellsOf(2, () => 5, "new")]);
    expect(find("tool", "search")?.state).toBe("ready");
    expect(find("tool", "new")).toMatchObject({ state: "learning", days: 2 });
  });

  it("one wild hour moves little, and a flagged one nothing", () => {
    const wild = NOW - 7 * DAY_MS - (NOW % HOUR_MS);
    const cells = cellsOf(28, (hour) => (hour === wild ? 5000 : 10));
    expect(learn(cells).find("calls")?.expected[1]).toBeLessThan(20);
    const flagged = [{ detector: "tool-frequency", subject: "", hour: wild }];
    expect(learn(cells, { flagged }).find("calls")?.expected[1]).toBeCloseTo(10, 1);
  });

  it("rows hold every hour of the week with its band", () => {
    const { rows } = learn(cellsOf(28, () => 10));
    expect(rows()).toHaveLength(4 * 168);
    const row = rows().find((r) => r.series === "calls" && r.cell === 100) as BaselineRow;
    expect(row).toMatchObject({ expected: 10, samples: 4, state: "ready", computed_at: NOW });
    expect(row.low).toBeLessThan(10);
    expect(row.high).toBeGreaterThan(10);
  });

  it("gives a record that is held to a tenth of a percent, and saved as it is held", () => {
    const { record } = learn(cellsOf(28, (hour) => (Math.floor(hour / HOUR_MS) * 7) % 23));
    const packed = packBaseline(record);
    const saved = packed.save();
    const loaded = loadBaseline(JSON.parse(JSON.stringify(saved)) as typeof saved);
    expect(loaded.save()).toEqual(saved);
    const original = record.series.find((s) => s.series === "calls");
    original?.expected.forEach((amount, hour) => {
      const held = loaded.find("calls", "")?.hourAt(record.from + hour * HOUR_MS) ?? 0;
      expect(held).toBe(packed.find("calls", "")?.hourAt(record.from + hour * HOUR_MS));
      expect(Math.abs(held - amount)).toBeLessThanOrEqual(0.001 * amount);
    });
  });
});

describe("what was flagged", () => {
  const hours = (count: number, from: number) =>
    Array.from({ length: count }, (_, index) => ({ detector: "spend", subject: "", hour: from + index * HOUR_MS }));

  it("is left out, unless it has lasted for seven days", () => {
    expect(leftOutHours(hours(30, NOW), "spend", "")).toHaveLength(30);
    expect(leftOutHours(hours(24 * 8, NOW), "spend", "")).toEqual([]);
  });

  it("is left out again when it returns a week later", () => {
    expect(leftOutHours([...hours(3, NOW), ...hours(3, NOW + 7 * DAY_MS)], "spend", "")).toHaveLength(6);
  });

  it("taints only the series it speaks of", () => {
    expect(leftOutHours(hours(3, NOW), "tool", "search")).toEqual([]);
  });
});

describe("learning the fleet", () => {
  const source: CellSource = {
    async *histories() {
      for (const agent of ["a", "b"]) yield { agent, cells: cellsOf(10, () => 5), flagged: [] };
      yield { agent: "empty", cells: [], flagged: [] };
    },
  };

  it("appends a record and inserts rows for every agent with a history, each in its own zone", async () => {
    const records: BaselineRecord[] = [];
    const rows: BaselineRow[] = [];
    const calibrations: CalibrationRecord[] = [];
    const summary = await learnFleet({
      cellSource: source,
      settingsOf: (agent) => ({ timezone: agent === "a" ? "UTC" : "Asia/Tokyo", detectors: unwrittenOptions() }),
      falseAlarmsPerWeek: 3,
      broadcast: async (record) => void calibrations.push(record),
      toolLimit: 64,
      now: NOW,
      append: async (record) => void records.push(record),
      insertRows: async (more) => void rows.push(...more),
    });
    expect(records.map((record) => record.agent)).toEqual(["a", "b"]);
    expect(summary).toEqual({ agents: 2, rows: rows.length });
    expect(calibrations).toMatchObject([
      { type: "calibration", at: NOW, asked: 3, thresholds: [{ agents: 2 }, { agents: 2 }] },
    ]);
  });

  it("stops when it is told to", async () => {
    const aborted = AbortSignal.abort(new Error("stopping"));
    const never = async (): Promise<void> => {
      throw new Error("must not be reached");
    };
    const options = {
      cellSource: source,
      settingsOf: () => ({ timezone: "UTC", detectors: unwrittenOptions() }),
      toolLimit: 1,
      now: NOW,
    };
    await expect(
      learnFleet({
        ...options,
        ...{ falseAlarmsPerWeek: 1, append: never, broadcast: never, insertRows: never },
        signal: aborted,
      }),
    ).rejects.toThrow("stopping");
  });
});

describe("the schedule of learning", () => {
  it("runs once for many requests, one run at a time, and goes on after a failure", async () => {
    const causes: string[] = [];
    let running = 0;
    let most = 0;
    const done: (() => void)[] = [];
    const learning = startLearning({
      schedule: NEVER_DUE,
      now: () => Date.now(),
      soonMs: 20,
      async learn({ name }) {
        causes.push(name);
        most = Math.max(most, ++running);
        await new Promise((resolve) => setTimeout(resolve, 10));
        running--;
        for (const resolve of done.splice(0)) resolve();
        if (causes.length === 1) throw new Error("the store is away");
        return { agents: 0, rows: 0 };
      },
    });
    const first = new Promise<void>((resolve) => done.push(resolve));
    for (let index = 0; index < 50; index++) learning.requestSoon();
    await first;
    await Promise.all([learning.learnNow(), learning.learnNow()]);
    await learning.stop();
    expect(causes).toEqual(["backfill", "request", "request"]);
    expect(most).toBe(1);
  });
});
