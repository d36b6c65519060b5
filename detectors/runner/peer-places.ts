/** Which destinations other agents of the fleet are used to, as last learned. State key: `peers`. */
import type { PeerPlace, PeersRecord } from "../../schemas/peers.ts";
import { keyOf } from "../evidence/known-things.ts";
import { type Place, placeIn } from "../outbound/place.ts";

const KEY = "peers";

interface Saved {
  readonly v: 1;
  readonly places: readonly PeerPlace[];
}

export interface PeerPlaces {
  onRecord(record: PeersRecord): void;
  /** Agents that are used to a place; undefined while peers are not known to share any. */
  agentsAt(place: Place): number | undefined;
  owns(key: string): boolean;
  save(key: string): string | null;
  restore(key: string, saved: unknown): void;
}

const numberOf = ({ text, form }: Place): number => keyOf(text, 0, text.length, form + 1);

/** Nothing known yet; `onChange` is told of state that changed. */
export function createPeerPlaces(onChange: (key: string) => void): PeerPlaces {
  let places: readonly PeerPlace[] | undefined;
  let agents = new Map<number, number>();

  function take(known: readonly PeerPlace[]): void {
    places = known;
    agents = new Map(
      known.flatMap((one) => {
        const place = placeIn(one.place);
        return place === undefined ? [] : [[numberOf(place), one.agents] as const];
      }),
    );
  }

  return {
    onRecord(record) {
      take(record.places);
      onChange(KEY);
    },
    // A fleet that shares nothing has no peers to ask.
    agentsAt: (place) => (agents.size === 0 ? undefined : (agents.get(numberOf(place)) ?? 0)),
    owns: (key) => key === KEY,
    save: () => (places === undefined ? null : JSON.stringify({ v: 1, places } satisfies Saved)),
    restore: (_key, saved) => take((saved as Saved).places),
  };
}
