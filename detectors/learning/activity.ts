/**
 * At which hours of the week an agent never works. Empty cells are not enough: an agent that works seldom has many.
 * An hour counts as never worked when it, the hour before and the hour after were empty on all like days, and so many
 * empty days would hardly come about if the agent worked at any hour alike.
 */
import { CELLS, classOf } from "./estimate.ts";
import type { Timeline } from "./timeline.ts";

/** Chance of the emptiness under "works at any hour alike", below which it is a habit. */
const HARDLY = 0.01;
/** Hours with work that it takes to speak of habits at all. */
const MIN_ACTIVE_HOURS = 20;
/** Days that must have been seen of a kind (weekdays, weekend). */
const MIN_DAYS = 4;
const DAY_HOURS = 24;

interface Activity {
  /** Share of like days with work, by hour of the week; 0 means never. */
  readonly share: Float64Array;
  /** Days seen, by hour of the week, among like days. */
  readonly days: Uint16Array;
}

/** Hours in a row with work, on average: work comes in shifts, so neighbouring hours are no independent evidence. */
function meanShift(active: Uint8Array): { readonly hours: number; readonly shift: number } {
  let hours = 0;
  let shifts = 0;
  active.forEach((isActive, index) => {
    hours += isActive;
    if (isActive === 1 && active[index - 1] !== 1) shifts++;
  });
  return { hours, shift: shifts === 0 ? 1 : hours / shifts };
}

/** Length of the empty stretch of the day around an hour of a class; 24 when all of the day is empty. */
function emptyStretch(worked: Uint16Array, kind: number): number {
  const base = kind - (kind % DAY_HOURS);
  const isEmpty = (offset: number) => worked[base + ((kind + offset + 2 * DAY_HOURS) % DAY_HOURS)] === 0;
  let length = 1;
  for (let after = 1; after < DAY_HOURS && isEmpty(after); after++) length++;
  for (let before = 1; before < DAY_HOURS && length < DAY_HOURS && isEmpty(-before); before++) length++;
  return length;
}

/** `events` an hour (NaN: left out) to the share of days with work, by hour of the week. */
export function activityOf(timeline: Timeline, events: Float64Array): Activity {
  const active = Uint8Array.from(events, (value) => (value > 0 ? 1 : 0));
  const { hours, shift } = meanShift(active);
  const worked = new Uint16Array(2 * DAY_HOURS);
  const seen = new Uint16Array(2 * DAY_HOURS);
  active.forEach((isActive, index) => {
    const kind = classOf(timeline.cellOf[index] as number);
    worked[kind] = (worked[kind] as number) + isActive;
    seen[kind] = (seen[kind] as number) + 1;
  });
  const idle = 1 - hours / Math.max(1, active.length);
  const share = new Float64Array(CELLS);
  const days = new Uint16Array(CELLS);
  for (let cell = 0; cell < CELLS; cell++) {
    const kind = classOf(cell);
    days[cell] = seen[kind] as number;
    const stretch = (worked[kind] as number) > 0 ? 0 : emptyStretch(worked, kind);
    const evidence = (seen[kind] as number) * Math.max(1, stretch / shift);
    const isHabit = hours >= MIN_ACTIVE_HOURS && (seen[kind] as number) >= MIN_DAYS && idle ** evidence < HARDLY;
    const neighbours = [kind, around(kind, -1), around(kind, 1)].every((key) => worked[key] === 0);
    share[cell] =
      neighbours && isHabit ? 0 : Math.max(0.001, (worked[kind] as number) / Math.max(1, seen[kind] as number));
  }
  return { share, days };
}

/** The class an hour earlier or later, within the same kind of day. */
function around(kind: number, offset: number): number {
  return kind - (kind % DAY_HOURS) + ((kind + offset + DAY_HOURS) % DAY_HOURS);
}
