/** The hours in which an agent's silence counts. */
import { isWithin } from "../../schemas/calendar.ts";
import type { AgentView } from "../detector.ts";
import { type Counts, isAlwaysOn, isWorked } from "./absence.ts";

const MINUTE_MS = 60_000;
export const FOREVER_MS = 14 * 86_400_000;

/** As somebody wrote; without that, all. */
export function declared({ settings, zones }: AgentView): Counts {
  const { hours, timezone } = settings;
  if (hours === undefined) return () => true;
  return (at) => {
    const { day, minute } = zones.dayAndMinute(timezone, at);
    return isWithin(hours, day, minute);
  };
}

/** Hours in which something is expected: declared ones, and usual ones; of an agent that never rests, all. */
export function counting(view: AgentView): Counts {
  const { baseline, now } = view;
  const counts = declared(view);
  if (baseline === undefined || isAlwaysOn(baseline, now)) return counts;
  return (at) => counts(at) && isWorked(baseline, at);
}

/** When the written time has passed since then; outside declared hours it stands still. */
export function writtenDue(last: number, after: number, counts: Counts): number | undefined {
  let left = after;
  for (let at = last; at < last + FOREVER_MS + after; at += MINUTE_MS) {
    if (!counts(at)) continue;
    if (left <= MINUTE_MS) return at + left;
    left -= MINUTE_MS;
  }
  return undefined;
}
