import { unavailable } from "./errors.ts";

/**
 * The outcome of the work, or `log_unavailable` (retry) when it takes longer. Some calls of kafkajs 2.2.4 never settle:
 * a log-in to a broker that is frozen, a disconnect that waits for an answer which nobody sends any more.
 */
export async function withinTime<T>(work: Promise<T>, ms: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(unavailable(`Kafka: ${what} took longer than ${ms / 1_000} s.`)), ms);
  });
  // Who wins is heard; the other may still fail.
  work.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
