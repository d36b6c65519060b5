/** The time of a review: an ISO week or a month in the configured zone. */
import { DateTime, type DurationLike } from "luxon";
import { WatchkeeperError } from "../../schemas/errors.ts";

export interface Period {
  /** `2026-W47` or `2026-11`. */
  readonly name: string;
  /** IANA name. */
  readonly timezone: string;
  /** Unix ms; `to` is the first moment after it. */
  readonly from: number;
  readonly to: number;
}

/** `--week` and `--month`: a name, or `last` for the one before the running one. */
export interface PeriodChoice {
  readonly week?: string;
  readonly month?: string;
}

/**
 * The chosen period; without a choice the running week, so that a review on the first day is not empty. Throws code
 * `invalid_period` (exit code 2).
 */
export function choosePeriod({ week, month }: PeriodChoice, timezone: string, now: number): Period {
  if (week !== undefined && month !== undefined) throw wrong("give --week or --month, not both");
  const today = DateTime.fromMillis(now, { zone: timezone });
  if (month === undefined) {
    const start = week === undefined ? today : week === "last" ? today.minus({ weeks: 1 }) : isoWeek(week, timezone);
    return periodOf(start.startOf("week"), { weeks: 1 }, "kkkk-'W'WW");
  }
  const start = month === "last" ? today.startOf("month").minus({ months: 1 }) : isoMonth(month, timezone);
  return periodOf(start.startOf("month"), { months: 1 }, "yyyy-MM");
}

function periodOf(start: DateTime, length: DurationLike, format: string): Period {
  return {
    name: start.toFormat(format),
    timezone: start.zoneName ?? "UTC",
    from: start.toMillis(),
    to: start.plus(length).toMillis(),
  };
}

function isoWeek(text: string, zone: string): DateTime {
  const date = /^\d{4}-W\d{2}$/.test(text) ? DateTime.fromISO(text, { zone }) : undefined;
  if (!date?.isValid) throw wrong(`"${text}" is not a week such as 2026-W47, or "last"`);
  return date;
}

function isoMonth(text: string, zone: string): DateTime {
  const date = /^\d{4}-\d{2}$/.test(text) ? DateTime.fromISO(text, { zone }) : undefined;
  if (!date?.isValid) throw wrong(`"${text}" is not a month such as 2026-11, or "last"`);
  return date;
}

function wrong(message: string): WatchkeeperError {
  return new WatchkeeperError(message, { code: "invalid_period", exitCode: 2 });
}
