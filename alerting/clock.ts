/** Wall time as the sender uses it; tests hand in their own. */
export interface Clock {
  /** Unix milliseconds. */
  now(): number;
  /** Calls once after `ms`; the returned function calls it off. */
  after(ms: number, call: () => void): () => void;
}

/** setTimeout cannot wait longer; callers look again when it fires. */
const LONGEST_MS = 2 ** 31 - 1;

/** The machine's clock. */
export function createSystemClock(): Clock {
  return {
    now: () => Date.now(),
    after(ms, call) {
      const timer = setTimeout(call, Math.min(Math.max(0, ms), LONGEST_MS));
      return () => clearTimeout(timer);
    },
  };
}
