/** The hours of an agent's history in its own zone, and one number per hour for each series. */
import type { SeriesName } from "../../schemas/baseline.ts";
import { HOUR_MS, type Zones } from "../time/zones.ts";
import { type AgentHistory, HISTORY_DAYS, type HourCell } from "./cells.ts";
import { leftOutHours } from "./flagged.ts";

/** Hours since the agent was first seen, the current unfinished one left out. */
export interface Timeline {
  /** Start of the first hour. */
  readonly start: number;
  readonly hours: number;
  /** Hour of the week of each hour, local. */
  readonly cellOf: Uint8Array;
}

/** One number an hour; NaN where the hour is left out. `unit` is the size of one step. */
export interface Samples {
  readonly series: SeriesName;
  readonly subject: string;
  readonly values: Float64Array;
  /** The same with nothing left out. */
  readonly raw: Float64Array;
  /** Index of the first hour that counts: a series is zero-filled since it was first seen. */
  readonly first: number;
  readonly unit: number;
  /** Hours before an index are taken so many times as much, since a level was adopted; absent: none are. */
  readonly scaled?: { readonly before: number; readonly times: number };
}

/** Times that an hour was taken: its chance goes with what was really counted. */
export function timesAt({ scaled }: Pick<Samples, "scaled">, index: number): number {
  return scaled !== undefined && index < scaled.before ? scaled.times : 1;
}

/** The agent's timeline up to `now`; undefined when it holds no whole hour. */
export function timelineOf(cells: readonly HourCell[], now: number, zone: string, zones: Zones): Timeline | undefined {
  const end = Math.floor(now / HOUR_MS) * HOUR_MS;
  const oldest = end - HISTORY_DAYS * 24 * HOUR_MS;
  let start = end;
  for (const { hour } of cells) if (hour >= oldest && hour < start) start = hour;
  const hours = Math.round((end - start) / HOUR_MS);
  if (hours <= 0) return undefined;
  const cellOf = Uint8Array.from({ length: hours }, (_, index) => zones.hourOfWeek(zone, start + index * HOUR_MS));
  return { start, hours, cellOf };
}

/** Fills a series from the cells that belong to it and takes out what was flagged. */
export function samplesOf(
  timeline: Timeline,
  history: AgentHistory,
  series: SeriesName,
  subject: string,
  pick: (cell: HourCell) => number,
): Samples {
  const values = new Float64Array(timeline.hours);
  let first = timeline.hours;
  let steps = 0;
  let sum = 0;
  for (const cell of history.cells) {
    const index = Math.round((cell.hour - timeline.start) / HOUR_MS);
    const amount = index < 0 || index >= timeline.hours ? 0 : pick(cell);
    if (amount <= 0) continue;
    values[index] = (values[index] ?? 0) + amount;
    first = Math.min(first, index);
    sum += amount;
    steps += Math.max(1, cell.events - cell.unpriced);
  }
  const raw = values.slice();
  for (const hour of leftOutHours(history.flagged, series, subject)) {
    const index = Math.round((hour - timeline.start) / HOUR_MS);
    if (index >= 0 && index < values.length) values[index] = Number.NaN;
  }
  const isWhole = series === "calls" || series === "hours";
  const unit = series === "spend" && steps > 0 ? sum / steps : 1;
  return { series, subject, values, raw, first: isWhole ? 0 : first, unit };
}
