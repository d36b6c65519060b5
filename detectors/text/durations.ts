/** Spans of time as a person reads them. */
import { plural, usualText } from "./numbers.ts";

/** "40 s", "12 min", "5 h", "3.5 d". */
export function spanText(ms: number): string {
  if (ms < 120_000) return `${Math.round(ms / 1000)} s`;
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`;
  const hours = ms / 3_600_000;
  if (hours < 48) return `${Number(hours.toPrecision(2))} h`;
  const days = hours / 24;
  return days < 1000 ? `${Number(days.toPrecision(2))} d` : `${Math.round(days / 365.25)} years`;
}

const SECOND_MS = 1000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** "47 minutes", "1.5 hours", "8 seconds", "3 days". */
export function durationText(ms: number): string {
  if (ms < 1.5 * MINUTE_MS) return plural(Math.max(1, ms / SECOND_MS), "second");
  if (ms < 1.5 * HOUR_MS) return plural(ms / MINUTE_MS, "minute");
  if (ms < 2 * DAY_MS) return `${usualText(ms / HOUR_MS)} hours`;
  return `${usualText(ms / DAY_MS)} days`;
}
