/** Agents with a daily and weekly rhythm as JSON lines, history first; and rhythms that are told from the present hour. */
import { createZones, DAY_MS, HOUR_MS } from "../../detectors/time/zones.ts";
import { type Rhythm, simulate } from "../detectors/fleet.ts";

export const WEEK_MS = 7 * DAY_MS;

/** The start of the hour that holds this moment. */
export function hourOf(at: number): number {
  return Math.floor(at / HOUR_MS) * HOUR_MS;
}

export interface Line {
  readonly id: string;
  readonly timestamp: string;
  readonly agent: string;
  readonly api: string;
  /** Another one each time: no call is the same as another. */
  readonly endpoint: string;
  readonly cost?: string;
}

/** Everything that these agents do between two moments, the oldest first. */
export function linesOf(rhythms: readonly Rhythm[], from: number, to: number, next: () => number): Line[] {
  const events = rhythms.flatMap((rhythm) => simulate(rhythm, from, to, next));
  events.sort((a, b) => a.judged_at - b.judged_at);
  return events.map(({ agent, tool, judged_at, cost }, n) => ({
    id: `h${from}-${n}`,
    timestamp: new Date(judged_at).toISOString(),
    agent,
    api: tool,
    endpoint: `/${n}`,
    ...(cost === undefined ? {} : { cost }),
  }));
}

const DAY_HOURS = 24;
const SATURDAY = 120;

/** Works ten hours a day from so many hours after the present one; half as much on days of the other kind. */
export function shiftFrom(hoursAhead: number, zone: string, now: number): Rhythm["share"] {
  const present = createZones().hourOfWeek(zone, now);
  return (cell) => {
    const into = (((cell - present - hoursAhead) % DAY_HOURS) + DAY_HOURS) % DAY_HOURS;
    if (into >= 10) return 0;
    const isLikeToday = cell >= SATURDAY === present >= SATURDAY;
    return (0.7 + 0.3 * Math.sin((into / 10) * Math.PI)) * (isLikeToday ? 1 : 0.5);
  };
}

/** Portions that a person would post. */
export function* portions<T>(all: readonly T[], size: number): Generator<readonly T[]> {
  for (let at = 0; at < all.length; at += size) yield all.slice(at, at + size);
}
