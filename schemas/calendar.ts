/** Declared working hours: "Mon-Fri 08:00-19:00", "Sat 10:00-14:00", "Mon-Sun 22:00-06:00" (past midnight). */
import { z } from "zod";

const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/** One line of a calendar: days 0 (Monday) to 6, minutes of the day; `to` at or before `from` ends the next day. */
export interface DayHours {
  readonly days: readonly number[];
  readonly from: number;
  readonly to: number;
}

function daysOf(text: string): number[] | undefined {
  const days: number[] = [];
  for (const part of text.split(",")) {
    const [first, last] = part.split("-").map((day) => DAYS.indexOf(day.trim().slice(0, 3).toLowerCase()));
    if (first === undefined || first < 0 || (last !== undefined && last < 0)) return undefined;
    for (let day = first; ; day = (day + 1) % 7) {
      days.push(day);
      if (day === (last ?? first)) break;
    }
  }
  return days;
}

function minutesOf(text: string): number | undefined {
  const match = /^(\d{1,2}):(\d{2})$/.exec(text);
  if (match === null) return undefined;
  const minutes = Number(match[1]) * 60 + Number(match[2]);
  return Number(match[2]) < 60 && minutes <= 1440 ? minutes : undefined;
}

function dayHours(text: string): DayHours | undefined {
  const match = /^([A-Za-z,\s-]{3,64}?)\s+(\d{1,2}:\d{2})\s*-\s*(\d{1,2}:\d{2})$/.exec(text.trim());
  if (match === null) return undefined;
  const [days, from, to] = [daysOf(match[1] as string), minutesOf(match[2] as string), minutesOf(match[3] as string)];
  return days === undefined || from === undefined || to === undefined ? undefined : { days, from, to };
}

/** A list of declared hours, in the agent's zone; outside all of them is off-hours. */
export const calendar = z.array(
  z.string().transform((text, context): DayHours => {
    const hours = dayHours(text);
    if (hours === undefined) {
      context.addIssue({ code: "custom", message: 'hours such as "Mon-Fri 08:00-19:00" or "Sat,Sun 10:00-14:00"' });
      return z.NEVER;
    }
    return hours;
  }),
);

/** Whether a moment, given as day of the week (0 = Monday) and minute of the day, is inside declared hours. */
export function isWithin(hours: readonly DayHours[], day: number, minute: number): boolean {
  return hours.some(({ days, from, to }) => {
    if (to > from) return days.includes(day) && minute >= from && minute < to;
    return (days.includes(day) && minute >= from) || (days.includes((day + 6) % 7) && minute < to);
  });
}
