/** The last moment a cron expression was due, on a clock that is told the time. */
import { createTask } from "node-cron";

const MINUTE_MS = 60_000;
/** After a longer gap the moments before it decide nothing any more. */
const LOOK_BACK_MS = 366 * 86_400_000;

export interface CronClock {
  /** The latest due moment at or before `now`, since the first call; undefined while there was none. */
  lastDue(now: number): number | undefined;
}

/** `expression` in UTC; seconds are ignored. */
export function createCronClock(expression: string): CronClock {
  const task = createTask(expression, () => undefined, { timezone: "UTC" });
  let minute: number | undefined;
  let due: number | undefined;
  return {
    lastDue(now) {
      const current = Math.floor(now / MINUTE_MS) * MINUTE_MS;
      if (minute !== undefined && current <= minute) return due;
      for (let at = current; at > Math.max(minute ?? current - MINUTE_MS, current - LOOK_BACK_MS); at -= MINUTE_MS) {
        if (!task.match(new Date(at))) continue;
        due = at;
        break;
      }
      minute = current;
      return due;
    },
  };
}
