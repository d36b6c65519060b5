/** Event time: reading what a producer wrote, and what its clock says beside the receiver's. */
import type { ClockMark } from "../../schemas/journal.ts";

const ISO_8601 =
  /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?:[Zz]|([+-])(\d\d)(?::?(\d\d))?)?$/;
const LATE_MS = 10 * 60_000;
const YEAR_2000 = Date.UTC(2000, 0, 1);

/**
 * Unix milliseconds of an ISO 8601 date and time; undefined when it is none. Zone Z, ±hh:mm, ±hhmm or ±hh; without a
 * zone it is UTC. Seconds may be left out, fractions of up to nine digits are cut to milliseconds. Days that are in no
 * calendar, 24:00 and leap seconds are refused.
 */
export function parseTimestamp(text: string): number | undefined {
  const match = ISO_8601.exec(text);
  if (match === null) return undefined;
  const [, y, mo, d, h, mi, s = "0", fraction = "0", sign, zoneHours = "0", zoneMinutes = "0"] = match;
  const [year, month, day, hour, minute, second] = [Number(y), Number(mo), Number(d), Number(h), Number(mi), Number(s)];
  if (hour > 23 || minute > 59 || second > 59 || Number(zoneHours) > 23 || Number(zoneMinutes) > 59) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  const milliseconds = Number(fraction.slice(0, 3).padEnd(3, "0"));
  const zone = (Number(zoneHours) * 60 + Number(zoneMinutes)) * (sign === "-" ? -60_000 : 60_000);
  return date.getTime() + ((hour * 60 + minute) * 60 + second) * 1000 + milliseconds - zone;
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
