import { unavailable } from "./errors.ts";

/**
 * The outcome of the work, or `log_unavailable` (retry) when it takes longer. Some calls of kafkajs 2.2.4 never settle:
 * a log-in to a broker that is frozen, a disconnect that waits for an answer which nobody sends any more.
 */
export async function withinTime<T>(work: Promise<T>, ms: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(unavailable(`Kafka: ${what} took longer than ${timeText(ms)}.`)), ms);
  });
  // Who wins is heard; the other may still fail.
  work.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** "800 ms", "8 s", "7.5 s": a limit may be what is left of another, with many digits. */
function timeText(ms: number): string {
  return ms < 999.5 ? `${Math.round(ms)} ms` : `${Number((ms / 1_000).toFixed(1))} s`;
}
