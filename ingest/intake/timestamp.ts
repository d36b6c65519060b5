/** Event time: reading what a producer wrote, and what its clock says beside the receiver's. */
import type { ClockMark } from "../../schemas/journal.ts";

const ISO_8601 =
  /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?:[Zz]|([+-])(\d\d)(?::?(\d\d))?)?$/;
const LATE_MS = 10 * 60_000;
/** 400 years of the Gregorian calendar. */
const CYCLE_MS = 146_097 * 86_400_000;
const YEAR_2000 = Date.UTC(2000, 0, 1);

/**
 * Unix milliseconds of an ISO 8601 date and time; undefined when it is none. Zone Z, ±hh:mm, ±hhmm or ±hh; without a
 * zone it is UTC. Seconds may be left out, fractions of up to nine digits are cut to milliseconds. Days that are in no
 * calendar, 24:00 and leap seconds are refused.
 */
export function parseTimestamp(text: string): number | undefined {
  const part = ISO_8601.exec(text);
  if (part === null) return undefined;
  const [year, month, day] = [Number(part[1]), Number(part[2]), Number(part[3])];
  const [hour, minute, second] = [Number(part[4]), Number(part[5]), Number(part[6] ?? 0)];
  const [zoneHours, zoneMinutes] = [Number(part[9] ?? 0), Number(part[10] ?? 0)];
  if (hour > 23 || minute > 59 || second > 59 || zoneHours > 23 || zoneMinutes > 59) return undefined;
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined;
  const milliseconds = Number((part[7] ?? "0").slice(0, 3).padEnd(3, "0"));
  const zone = (zoneHours * 60 + zoneMinutes) * (part[8] === "-" ? -60_000 : 60_000);
  // Date.UTC takes years below 100 for 19xx; a cycle of 400 years later the calendar is the same.
  return Date.UTC(year + 400, month - 1, day, hour, minute, second, milliseconds) - CYCLE_MS - zone;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** What the agent's clock says beside the receiver's, without any tolerance for `future`. */
export function clockMark(timestamp: number, arrivedAt: number): ClockMark {
  if (timestamp < YEAR_2000) return "ancient";
  if (timestamp > arrivedAt) return "future";
  return arrivedAt - timestamp > LATE_MS ? "late" : "ok";
}

/** What windows and roll-ups use: the earlier of the two, but arrival where the agent's clock cannot be believed. */
export function judgedAt(timestamp: number, arrivedAt: number, clock: ClockMark): number {
  return clock === "ancient" || clock === "future" ? arrivedAt : timestamp;
}
