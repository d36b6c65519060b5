/** Days on which people do not work, and weeks in which they work less. */
import { DAY_MS, type Zones } from "../../../detectors/time/zones.ts";
import { between, randomOf } from "./draws.ts";

/** Public holidays of 2026 and early 2027, by region, as month and day. */
const HOLIDAYS: Readonly<Record<string, readonly string[]>> = {
  "Europe/Berlin": ["01-01", "04-03", "04-06", "05-01", "05-14", "05-25", "10-03", "12-24", "12-25", "12-26", "12-31"],
  "Europe/London": ["01-01", "04-03", "04-06", "05-04", "05-25", "08-31", "12-25", "12-28"],
  "America/New_York": ["01-01", "01-19", "05-25", "06-19", "07-03", "09-07", "11-26", "11-27", "12-24", "12-25"],
  "America/Los_Angeles": ["01-01", "01-19", "05-25", "06-19", "07-03", "09-07", "11-26", "11-27", "12-24", "12-25"],
  "Asia/Kolkata": ["01-26", "03-04", "08-15", "10-02", "11-09", "12-25"],
  "Asia/Tokyo": ["01-01", "01-12", "02-11", "03-20", "04-29", "05-04", "05-05", "07-20", "09-21", "11-03", "11-23"],
  "Australia/Sydney": ["01-01", "01-26", "04-03", "04-06", "04-25", "06-08", "10-05", "12-25", "12-28"],
};

/** Zones in which people work. */
export const OFFICES: readonly string[] = Object.keys(HOLIDAYS);

export interface DaysOff {
  /** How much of a usual day's work by people is done at this moment: 1 on most days, 0 on a holiday. */
  share(zone: string, at: number): number;
}

/** Holidays of each zone, a day off of the whole company and a quiet week in some of the fleets. */
export function daysOff(seed: number, from: number, to: number, zones: Zones): DaysOff {
  const random = randomOf(seed, "days off");
  const days = Math.round((to - from) / DAY_MS);
  const ownDay = random() < 0.5 ? Math.floor(random() * days) : -1;
  const quietFrom = random() < 0.4 ? Math.floor(random() * (days - 7)) : Number.POSITIVE_INFINITY;
  const quiet = between(0.3, 0.6, random);
  return {
    share(zone, at) {
      const local = at + zones.offsetAt(zone, at);
      if (HOLIDAYS[zone]?.includes(new Date(local).toISOString().slice(5, 10)) === true) return 0;
      const day = Math.floor((local - from) / DAY_MS);
      if (day === ownDay) return 0;
      return day >= quietFrom && day < quietFrom + 7 ? quiet : 1;
    },
  };
}
