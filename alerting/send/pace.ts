/** Pacing of one channel: bursts of a few messages, then one at a time. Pure over the clock handed in. */

export interface Bucket {
  /** Takes a token if at least `atLeast` are there (default 1). */
  take(now: number, atLeast?: number): boolean;
  /** When `atLeast` tokens are there, Unix ms; `now` or earlier: already. */
  readyAt(now: number, atLeast?: number): number;
}

/** `burst` tokens at first, one more every `everyMs`, never more than `burst`. */
export function createBucket(burst: number, everyMs: number): Bucket {
  let tokens = burst;
  let at = Number.NEGATIVE_INFINITY;

  function refill(now: number): void {
    if (now <= at) return;
    tokens = Math.min(burst, tokens + (now - at) / everyMs);
    at = now;
  }

  return {
    take(now, atLeast = 1) {
      refill(now);
      if (tokens < atLeast) return false;
      tokens -= 1;
      return true;
    },
    readyAt(now, atLeast = 1) {
      refill(now);
      return tokens >= atLeast ? now : now + Math.ceil((atLeast - tokens) * everyMs);
    },
  };
}
