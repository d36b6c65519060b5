/**
 * What was usual before the hours that a baseline speaks of. It speaks of 48 hours from its learning on, and a backlog is
 * older. An hour before them is taken to be as the same hour one or two days later, the greater of both, where those are
 * days of the same kind (weekdays, weekend) in the agent's zone; where none is, nothing is said.
 */
import type { BaselineSeries } from "../../schemas/baseline.ts";
import { packBaseline, type SavedExpectations, seriesOf } from "../baseline/expectations.ts";
import { HOUR_MS, type Zones } from "../time/zones.ts";

const DAY_HOURS = 24;
const WEEKEND_FROM = 5 * DAY_HOURS;

/** From when to when something is known to be usual, Unix milliseconds. */
export interface Known {
  readonly from: number;
  readonly to: number;
}

/** The hours that a baseline speaks of. */
export function knownOf({ from, hours }: SavedExpectations): Known {
  return { from, to: from + hours * HOUR_MS };
}

/** The baseline with the hours before it that can be told from its own, back to the first that cannot. */
export function withHoursBefore(saved: SavedExpectations, zone: string, zones: Zones): SavedExpectations {
  const { at, from, hours } = saved;
  const isWeekend = (hour: number): boolean => zones.hourOfWeek(zone, from + hour * HOUR_MS) >= WEEKEND_FROM;
  /** For each hour before, the latest first, those that it is like. */
  const before: number[][] = [];
  for (let hour = -1; hour >= -2 * DAY_HOURS; hour--) {
    const like = [hour + DAY_HOURS, hour + 2 * DAY_HOURS].filter(
      (later) => later >= 0 && later < hours && isWeekend(later) === isWeekend(hour),
    );
    if (like.length === 0) break;
    before.unshift(like);
  }
  const longer = (amounts: readonly number[]): number[] => [
    ...before.map((like) => Math.max(...like.map((hour) => amounts[hour] ?? 0))),
    ...amounts,
  ];
  const series = seriesOf(saved).map((one): BaselineSeries => {
    return { ...one, expected: longer(one.expected), recent: longer(one.recent) };
  });
  return packBaseline({ at, from: from - before.length * HOUR_MS, series }).save();
}
