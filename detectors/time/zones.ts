/** Local time of agents: offsets, hours of the week and calendar periods, daylight saving right, luxon asked rarely. */
import { DateTime } from "luxon";

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** Offsets change on quarter hours at the finest. */
const BLOCK_MS = 900_000;
const MAX_BLOCKS = 8192;

export type PeriodUnit = "hour" | "day" | "week" | "month";

/** One calendar-aligned span in a zone. */
export interface Period {
  /** Stable name: "2026-01-27", "2026-W05", "2026-01", "2026-01-27T14+01:00" (the offset tells autumn's two hours apart). */
  readonly key: string;
  /** Inclusive, Unix milliseconds. */
  readonly start: number;
  /** Exclusive, Unix milliseconds. */
  readonly end: number;
}

const KEY_FORMAT: Record<PeriodUnit, string> = {
  hour: "yyyy-MM-dd'T'HHZZ",
  day: "yyyy-MM-dd",
  week: "kkkk-'W'WW",
  month: "yyyy-MM",
};

interface ZoneCache {
  readonly offsets: Map<number, number>;
  readonly periods: Map<PeriodUnit, Period>;
}

/** Answers about local time. One per runner or learning run; holds only caches, so its answers depend on nothing but the question. */
export interface Zones {
  /** Milliseconds to add to UTC for local time. */
  offsetAt(zone: string, at: number): number;
  /** 0 = Monday 00:00, 167 = Sunday 23:00, local. */
  hourOfWeek(zone: string, at: number): number;
  /** Day of the week (0 = Monday) and minute of the day, local. */
  dayAndMinute(zone: string, at: number): { readonly day: number; readonly minute: number };
  /** The calendar period that holds this moment. Weeks start on Monday. */
  period(zone: string, unit: PeriodUnit, at: number): Period;
  /** "14:32". */
  clock(zone: string, at: number): string;
  /** "Berlin" for Europe/Berlin, "UTC" for UTC. */
  city(zone: string): string;
}

/** 1970-01-01 was a Thursday. */
const EPOCH_DAY = 3;

const two = (value: number): string => (value < 10 ? `0${value}` : String(value));

/** Hours follow the offset in force: where a clock moves by half an hour, two hours share that half. */
function computeHour(zone: string, at: number): Period {
  const local = DateTime.fromMillis(at, { zone, locale: "en-US" });
  const offset = local.offset * 60_000;
  const start = Math.floor((at + offset) / HOUR_MS) * HOUR_MS - offset;
  return { key: local.toFormat(KEY_FORMAT.hour), start, end: start + HOUR_MS };
}

function computePeriod(zone: string, unit: PeriodUnit, at: number): Period {
  if (unit === "hour") return computeHour(zone, at);
  const start = DateTime.fromMillis(at, { zone, locale: "en-US" }).startOf(unit);
  return {
    key: start.toFormat(KEY_FORMAT[unit]),
    start: start.toMillis(),
    end: start
      .plus({ [unit]: 1 })
      .startOf(unit)
      .toMillis(),
  };
}

/** Zones with empty caches. */
export function createZones(): Zones {
  const caches = new Map<string, ZoneCache>();

  function cacheOf(zone: string): ZoneCache {
    let cache = caches.get(zone);
    if (cache === undefined) {
      cache = { offsets: new Map(), periods: new Map() };
      caches.set(zone, cache);
    }
    return cache;
  }

  function offsetAt(zone: string, at: number): number {
    if (zone === "UTC") return 0;
    const { offsets } = cacheOf(zone);
    const block = Math.floor(at / BLOCK_MS);
    const known = offsets.get(block);
    if (known !== undefined) return known;
    if (offsets.size >= MAX_BLOCKS) offsets.clear();
    const offset = DateTime.fromMillis(block * BLOCK_MS, { zone }).offset * 60_000;
    offsets.set(block, offset);
    return offset;
  }

  function dayAndMinute(zone: string, at: number): { day: number; minute: number } {
    const local = at + offsetAt(zone, at);
    const days = Math.floor(local / DAY_MS);
    return { day: (((days + EPOCH_DAY) % 7) + 7) % 7, minute: Math.floor((local - days * DAY_MS) / 60_000) };
  }

  return {
    offsetAt,
    dayAndMinute,
    hourOfWeek(zone, at) {
      const { day, minute } = dayAndMinute(zone, at);
      return day * 24 + Math.floor(minute / 60);
    },
    period(zone, unit, at) {
      const { periods } = cacheOf(zone);
      const known = periods.get(unit);
      if (known !== undefined && at >= known.start && at < known.end) return known;
      const period = computePeriod(zone, unit, at);
      periods.set(unit, period);
      return period;
    },
    clock(zone, at) {
      const { minute } = dayAndMinute(zone, at);
      return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
    },
    city: (zone) => (zone.split("/").at(-1) ?? zone).replaceAll("_", " "),
  };
}
