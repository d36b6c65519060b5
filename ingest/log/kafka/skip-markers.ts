/**
 * Markers of transactions take offsets that no reader is ever given. A position that stays before them looks like lag to
 * everybody who compares it with the end of the partition, and like a gap when retention has passed it. So the owner
 * moves it past them when nothing else is left.
 */
import type { Lane } from "./lane.ts";

export interface SkipMarkersOptions {
  readonly lane: Lane;
  /** The committed position. */
  readonly committed: () => number;
  /** Moves it; may reject, and is then tried again later. */
  readonly commit: (offset: number) => Promise<void>;
  readonly sleep: (ms: number) => Promise<void>;
  readonly ended: () => boolean;
}

const EVERY_MS = 1_000;

/** The position past the markers; undefined while there is a record before them that is not handled and committed. */
function pastMarkers({ lane, committed }: SkipMarkersOptions): number | undefined {
  const position = committed();
  return lane.isIdle && position >= lane.handledTo && lane.next > position ? lane.next : undefined;
}

/** Runs until the partition is no longer owned; never rejects. */
export async function skipMarkers(options: SkipMarkersOptions): Promise<void> {
  for (let before: number | undefined; !options.ended(); ) {
    await options.sleep(EVERY_MS);
    const next = pastMarkers(options);
    // Twice the same: under load more would come at once.
    if (next !== undefined && next === before && !options.ended()) await options.commit(next).catch(() => undefined);
    before = next;
  }
}
