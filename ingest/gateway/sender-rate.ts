/** Events a second per sender, with bursts of ten seconds' worth. */
import { RateLimiterMemory } from "rate-limiter-flexible";
import { refusal } from "./http-error.ts";

const BURST_SECONDS = 10;

export interface SenderRate {
  /** Error `rate_limited` while the sender is over its rate. */
  check(sender: string): Promise<void>;
  /** Counts what was taken. One batch may pass the limit; the sender then waits until it is paid off. */
  charge(sender: string, events: number): Promise<void>;
}

export function createSenderRate(eventsPerSecond: number): SenderRate {
  const points = eventsPerSecond * BURST_SECONDS;
  const limiter = new RateLimiterMemory({ points, duration: BURST_SECONDS, keyPrefix: "" });
  return {
    async check(sender) {
      const state = await limiter.get(sender);
      if (state === null || state.consumedPoints < points) return;
      const waitMs = Math.max(state.msBeforeNext, 1);
      throw refusal("rate_limited", `Over ${eventsPerSecond} events a second from this sender.`, waitMs);
    },
    async charge(sender, events) {
      const state = await limiter.penalty(sender, events);
      const debtSeconds = Math.ceil((state.consumedPoints - points) / eventsPerSecond);
      if (debtSeconds * 1000 > state.msBeforeNext) await limiter.block(sender, debtSeconds);
    },
  };
}
