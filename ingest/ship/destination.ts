/** Where shipped lines go. Following files is the same for every destination. */

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 30_000;

/** Whole lines of one file, in order. */
export interface ShippedRange {
  readonly body: Buffer;
  /** The same at every try of this range, in this run or a later one. */
  readonly key: string;
  /** Identity of the line that begins at this byte of the body; the same however ranges fall. */
  positionAt(at: number): string;
}

export type Brought =
  /** Everything is durable on the other side. `cut`: lines of which only the beginning could go. */
  | { readonly kind: "answered"; readonly accepted: number; readonly rejected: number; readonly cut?: number }
  /** Nothing was taken, and less might be. */
  | { readonly kind: "tooLarge" }
  /** Shipping was stopped first; how much arrived is not known. */
  | { readonly kind: "stopped" };

/** Brings one range, again and again until it is answered. Rejects when no further try can help. */
export type Bring = (range: ShippedRange) => Promise<Brought>;

export interface Destination {
  readonly bring: Bring;
  close(): Promise<void>;
}

/** What every destination is given. */
export interface DestinationContext {
  /** History that is brought in: nothing pages. */
  readonly backfill: boolean;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** No further try after this. */
  readonly signal: AbortSignal;
  /** The running try is cut off by this. */
  readonly cutOff: AbortSignal;
  /** A try failed and another follows after the pause (ms). */
  waiting(reason: string, pauseMs: number): void;
}

/** Pause before the next try (ms): 250 ms, doubled with every failure in a row, at most 30 s. */
export function pauseAfter(failures: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** Math.min(failures, 10), LONGEST_PAUSE_MS);
}
