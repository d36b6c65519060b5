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

async function run(options: SkipMarkersOptions): Promise<void> {
  for (let before: number | undefined; !options.ended(); ) {
    await options.sleep(EVERY_MS);
    const next = pastMarkers(options);
    // Twice the same: under load more would come at once.
    if (next !== undefined && next === before && !options.ended()) await options.commit(next).catch(() => undefined);
    before = next;
  }
}

/**
 * Runs until the partition is closed. To be called before the lane is stopped; what that returns when the reader has
 * committed its last: it moves the position once more. Neither rejects.
 */
export function skipMarkers(options: SkipMarkersOptions): () => () => Promise<void> {
  const { lane, committed, commit } = options;
  void run(options);
  return () => {
    // A lane that is stopped drops what waits in it, and would seem to have handed it over.
    const { isIdle, next } = lane;
    return async () => {
      const position = committed();
      if (isIdle && position >= lane.handledTo && next > position) await commit(next).catch(() => undefined);
    };
  };
}
