/** What keeps a channel from taking messages, and until when nothing is tried. Pure. */
import type { Failure } from "../sinks/sink.ts";
import { backoff } from "./backoff.ts";

export interface Trouble {
  readonly reason: string;
  /** What to do about it; empty while waiting may help. */
  readonly hint: string;
  /** Somebody must act. */
  readonly refused: boolean;
  readonly since: number;
  /** In a row. */
  readonly failures: number;
  /** Nothing is sent before this moment. */
  readonly until: number;
}

/** The trouble after one more failure; a wait that the other side named is kept to exactly. */
export function troubleAfter(
  before: Trouble | undefined,
  failure: Extract<Failure, { status: "retry" | "refused" }>,
  now: number,
  refusedRetryMs: number,
  random: () => number,
): Trouble {
  const since = before?.since ?? now;
  const failures = (before?.failures ?? 0) + 1;
  if (failure.status === "refused") {
    return { reason: failure.reason, hint: failure.hint, refused: true, since, failures, until: now + refusedRetryMs };
  }
  const wait = failure.afterMs ?? backoff(failures, random);
  const until = Math.max(now + wait, before?.until ?? 0);
  const refused = before?.refused ?? false;
  return { reason: failure.reason, hint: refused ? (before?.hint ?? "") : "", refused, since, failures, until };
}
