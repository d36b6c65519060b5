/**
 * Turns at the event loop. Parsing a large body is work of seconds; whoever does it holds a turn for a few
 * milliseconds and queues again, and only one turn runs between two rounds of the loop, however many bodies there are.
 */
import { setImmediate as nextRound } from "node:timers/promises";

export interface Turn {
  /** True when the turn has lasted its time. */
  readonly over: () => boolean;
  end(): void;
}

/** Waits until nobody else has a turn and the loop has gone round once. */
export type TakeTurn = () => Promise<Turn>;

export function createTurns(sliceMs: number, clock: () => number): TakeTurn {
  let last: Promise<void> = Promise.resolve();
  return async () => {
    const before = last;
    let end: () => void = () => undefined;
    last = new Promise((resolve) => {
      end = resolve;
    });
    await before;
    await nextRound();
    const until = clock() + sliceMs;
    return { over: () => clock() >= until, end };
  };
}
