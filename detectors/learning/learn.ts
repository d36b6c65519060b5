/** Learns every agent of the fleet, one after the other. */
import { setImmediate as breathe } from "node:timers/promises";
import type { BaselineRow } from "../../schemas/baseline.ts";
import type { BaselineRecord } from "../../schemas/journal.ts";
import { createZones, DAY_MS } from "../time/zones.ts";
import { type CellSource, HISTORY_DAYS } from "./cells.ts";
import { learnAgent } from "./learn-agent.ts";

/** Rows are inserted in portions of about this many. */
const ROWS_AT_ONCE = 50_000;

export interface LearnFleetOptions {
  readonly cellSource: CellSource;
  readonly settingsOf: (agent: string) => { readonly timezone: string };
  /** `limits.toolsPerAgent`. */
  readonly toolLimit: number;
  /** The moment that is learned up to, Unix milliseconds. */
  readonly now: number;
  /** Puts a record into the journal; resolves when it is durable. */
  readonly append: (record: BaselineRecord) => Promise<void>;
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

  async function flush(): Promise<void> {
    if (rows.length === 0) return;
    const portion = rows;
    rows = [];
    await options.insertRows(portion);
    inserted += portion.length;
  }

  for await (const history of options.cellSource.histories(now - HISTORY_DAYS * DAY_MS, now, signal)) {
    signal?.throwIfAborted();
    const { timezone } = options.settingsOf(history.agent);
    const learned = learnAgent({ ...history, timezone, now, zones, toolLimit: options.toolLimit });
    if (learned === undefined) continue;
    await options.append(learned.record);
    rows.push(...learned.rows);
    agents++;
    if (rows.length >= ROWS_AT_ONCE) await flush();
    // Learning shares the process with the gateway: never more than one agent in a row.
    await breathe();
  }
  await flush();
  return { agents, rows: inserted };
}
