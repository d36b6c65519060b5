/** Time zones picked by what the clock there says. */
import { DateTime } from "luxon";

/** One zone for each whole-hour offset from UTC, by name. */
const ZONES = [
  ...["Pacific/Honolulu", "America/Anchorage", "America/Los_Angeles", "America/Denver", "America/Chicago"],
  ...["America/New_York", "America/Halifax", "America/Sao_Paulo", "Atlantic/South_Georgia", "Atlantic/Azores"],
  ...["Europe/London", "Europe/Berlin", "Europe/Helsinki", "Africa/Nairobi", "Asia/Dubai", "Asia/Tashkent"],
  ...["Asia/Dhaka", "Asia/Bangkok", "Asia/Singapore", "Asia/Tokyo", "Australia/Sydney", "Pacific/Guadalcanal"],
  ...["Pacific/Auckland", "Pacific/Pago_Pago"],
];

/** The zone in which it is nearest to this hour (0 to 24, with fractions) of any day. */
export function zoneWhereItIs(hour: number, now: number): string {
  const distance = (zone: string) => {
    const there = DateTime.fromMillis(now, { zone });
    const apart = Math.abs(there.hour + there.minute / 60 - hour);
    return Math.min(apart, 24 - apart);
  };
  return ZONES.reduce((best, zone) => (distance(zone) < distance(best) ? zone : best));
}

/** Day of the week (0 = Monday) and hour of the day at a moment in a zone. */
export function localHour(zone: string, at: number): { readonly day: number; readonly hour: number } {
  const there = DateTime.fromMillis(at, { zone });
  return { day: there.weekday - 1, hour: there.hour };
}

/** Midnight before a moment in a zone, Unix ms. */
export function startOfDay(zone: string, at: number): number {
  return DateTime.fromMillis(at, { zone }).startOf("day").toMillis();
}
