/** A stop that finishes what is in hand, and gives up in time what does not come to an end. */
import type { Sleep } from "./retrying.ts";

export interface StopWithinOptions {
  /** Aborted after `ms`, when `late` aborts, or when the stop is over. */
  readonly giveUp: AbortController;
  readonly ms: number;
  readonly late: AbortSignal | undefined;
  readonly sleep: Sleep;
}

/** Rejects as the stop does. */
export async function stopWithin(stop: () => Promise<void>, options: StopWithinOptions): Promise<void> {
  const { giveUp, ms, late, sleep } = options;
  const stopped = new AbortController();
  const over = late === undefined ? stopped.signal : AbortSignal.any([stopped.signal, late]);
  void sleep(ms, over).then(() => giveUp.abort());
  try {
    await stop();
  } finally {
    stopped.abort();
  }
}
