/** How often an agent calls a place that is new for it within one run. */
import { WEIGHTS } from "../evidence/weights.ts";

export interface Visits {
  /** New places gone to, counted by run. */
  places: number;
  /** Calls to them. */
  sends: number;
}

/** Fewer calls than this many a place are not believed: habits are short at first. */
const LEAST_MEAN = 2;

export function newVisits(saved: Visits = { places: 0, sends: 0 }): Visits {
  return { ...saved };
}

/** Weight of the n-th call to the same new place in a run: geometric with the agent's own mean. */
export function volumeNats({ places, sends }: Visits, count: number): number {
  const mean = Math.max(LEAST_MEAN, (sends + LEAST_MEAN) / (places + 1));
  const nats = Math.log(WEIGHTS.volume.share) - (count - 1) * Math.log(1 - 1 / mean);
  return Math.min(WEIGHTS.volume.most[0], Math.max(0, nats));
}
