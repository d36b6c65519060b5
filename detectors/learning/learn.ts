/** Learns every agent of the fleet, one after the other, and calibrates what pages. */
import { setImmediate as breathe } from "node:timers/promises";
import type { BaselineRow } from "../../schemas/baseline.ts";
import type { CalibrationRecord } from "../../schemas/calibration.ts";
import type { BaselineRecord } from "../../schemas/journal.ts";
import { calibrate } from "../calibration/calibrate.ts";
import type { AgentSettings } from "../detector.ts";
import { createZones, DAY_MS } from "../time/zones.ts";
import { floorsOf } from "../window/excess.ts";
import type { AgentPeaks } from "./agent-peaks.ts";
import { type CellSource, HISTORY_DAYS } from "./cells.ts";
import { learnAgent } from "./learn-agent.ts";

/** Rows are inserted in portions of about this many. */
const ROWS_AT_ONCE = 50_000;

export interface LearnFleetOptions {
  readonly cellSource: CellSource;
  readonly settingsOf: (agent: string) => Pick<AgentSettings, "timezone" | "detectors">;
  /** `limits.toolsPerAgent`. */
  readonly toolLimit: number;
  /** The moment that is learned up to, Unix milliseconds. */
  readonly now: number;
  /** Puts a record into the journal; resolves when it is durable. */
  readonly append: (record: BaselineRecord) => Promise<void>;
  /** `alerts.falseAlarmsPerWeek`. */
  readonly falseAlarmsPerWeek: number;
  /** Puts a record into every partition of the journal; resolves when it is durable. */
  readonly broadcast: (record: CalibrationRecord) => Promise<void>;
  /** Puts rows into table `baselines`; may be called with tens of thousands. */
  readonly insertRows: (rows: readonly BaselineRow[]) => Promise<void>;
  readonly signal?: AbortSignal;
}

export interface LearnSummary {
  readonly agents: number;
  readonly rows: number;
}

/** One agent's history is in memory at a time. Rejects with the first failure of a source or a sink. */
export async function learnFleet(options: LearnFleetOptions): Promise<LearnSummary> {
  const { now, signal } = options;
  const zones = createZones();
  let agents = 0;
  let inserted = 0;
  let rows: BaselineRow[] = [];
  const peaks: AgentPeaks[] = [];

  async function flush(): Promise<void> {
    if (rows.length === 0) return;
    const portion = rows;
    rows = [];
    await options.insertRows(portion);
    inserted += portion.length;
  }

  for await (const history of options.cellSource.histories(now - HISTORY_DAYS * DAY_MS, now, signal)) {
    signal?.throwIfAborted();
    const settings = options.settingsOf(history.agent);
    const { timezone } = settings;
    const floors = floorsOf(settings);
    const learned = learnAgent({ ...history, timezone, floors, now, zones, toolLimit: options.toolLimit });
    if (learned === undefined) continue;
    await options.append(learned.record);
    rows.push(...learned.rows());
    peaks.push(learned.peaks);
    agents++;
    if (rows.length >= ROWS_AT_ONCE) await flush();
    // Learning shares the process with the gateway: never more than one agent in a row.
    await breathe();
  }
  await flush();
  const calibration = calibrate(peaks, options.falseAlarmsPerWeek, now);
  if (calibration !== undefined) await options.broadcast(calibration);
  return { agents, rows: inserted };
}
