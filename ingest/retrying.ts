/** Work that is repeated for as long as its failure may pass: the group lags, nothing is lost, nobody else waits. */
import { WatchkeeperError } from "../schemas/errors.ts";
import { settledBy } from "./settled-by.ts";

/** Waits; resolves early when the signal aborts, and leaves no listener behind. Never rejects. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>;

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 5_000;

export interface Retrying {
  readonly sleep: Sleep;
  /** In [0, 1). */
  readonly random: () => number;
  /** Aborted when the process can wait no longer. */
  readonly giveUp: AbortSignal;
  readonly onRetry: (error: unknown, attempt: number, delayMs: number) => void;
  /** Mends what can be mended before the work is tried again; true: it need not wait as long as the error asks. */
  readonly mend?: Mend | undefined;
  /** Milliseconds between two tries at most; default 5,000. */
  readonly longestDelayMs?: number | undefined;
}

/** Never rejects. */
export type Mend = (error: WatchkeeperError) => Promise<boolean>;

/** What an error means: its verdict, and a sentence. */
export type Classify = (error: unknown) => WatchkeeperError;

/** For work whose errors are all ours; anything else is thrown on. */
export const classifyOurs: Classify = (error) => {
  if (error instanceof WatchkeeperError) return error;
  throw error;
};

/** `given_up`: `giveUp` was aborted first; whether the work took effect is open. */
export type Outcome =
  | { readonly kind: "done" }
  | { readonly kind: "given_up" }
  | { readonly kind: "refused"; readonly error: WatchkeeperError };

/** For the event log: when it is back, a partition is either gone on with at once or waited for by its next owner. */
export const LOG_LONGEST_DELAY_MS = 2_000;

/** Exponential with jitter: between half and all of 100 ms, 200 ms, … 5 s. */
export function delayOf(attempt: number, random: () => number, longestMs = LONGEST_DELAY_MS): number {
  return Math.min(longestMs, FIRST_DELAY_MS * 2 ** attempt) * (0.5 + random() / 2);
}

/** What is mended, or false as soon as the signal aborts. */
async function unlessAborted(mended: Promise<boolean>, signal: AbortSignal): Promise<boolean> {
  await settledBy(mended, signal);
  return !signal.aborted && (await mended);
}

/** Runs the work until it is done, refused (`poison`) or given up; throws what is `fatal`. */
export async function retrying(
  work: () => Promise<void>,
  classify: Classify,
  { sleep, random, giveUp, onRetry, mend, longestDelayMs }: Retrying,
): Promise<Outcome> {
  for (let attempt = 0; !giveUp.aborted; attempt += 1) {
    try {
      await work();
      return { kind: "done" };
    } catch (error) {
      if (giveUp.aborted) break;
      const known = classify(error);
      if (known.verdict === "fatal") throw known;
      if (known.verdict === "poison") return { kind: "refused", error: known };
      const isMended = mend !== undefined && (await unlessAborted(mend(known), giveUp));
      const delayMs = Math.max(isMended ? 0 : (known.retryAfterMs ?? 0), delayOf(attempt, random, longestDelayMs));
      onRetry(known, attempt + 1, delayMs);
      await sleep(delayMs, giveUp);
    }
  }
  return { kind: "given_up" };
}
