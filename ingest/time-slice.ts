/** Long work in short stretches, with the event loop free in between. */
import { setImmediate as nextRound } from "node:timers/promises";

export interface TimeSlice {
  /** True when the stretch has lasted its time: await `next` before going on. */
  over(): boolean;
  /** Lets everybody else have a turn, then begins a new stretch. */
  next(): Promise<void>;
}

/** Begins a stretch of at most so many milliseconds. */
export function startSlice(ms: number): TimeSlice {
  let end = performance.now() + ms;
  return {
    over: () => performance.now() >= end,
    async next() {
      await nextRound();
      end = performance.now() + ms;
    },
  };
}
