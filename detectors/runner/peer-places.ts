/** Which destinations other agents of the fleet are used to, as last learned. State key: `peers`. */
import { MOST_PEER_PLACES, type PeerPlace, type PeersRecord } from "../../schemas/peers.ts";
import { type Place, placeIn } from "../outbound/place.ts";

const KEY = "peers";

interface Saved {
  readonly v: 1;
  readonly places: readonly PeerPlace[];
}

export interface PeerPlaces {
  onRecord(record: PeersRecord): void;
  /** Agents that are used to a place; undefined where that is not known: while they share none, or more than are told of. */
  agentsAt(place: Place): number | undefined;
  owns(key: string): boolean;
  save(key: string): string | null;
  restore(key: string, saved: unknown): void;
}

/** By its text: a number of it could be met by a made-up name, which peers would vouch for. */
const keyOf = ({ text, form }: Place): string => `${form} ${text.toLowerCase()}`;

/** Nothing known yet; `onChange` is told of state that changed. */
export function createPeerPlaces(onChange: (key: string) => void): PeerPlaces {
  let places: readonly PeerPlace[] | undefined;
  let agents = new Map<string, number>();

  function take(known: readonly PeerPlace[]): void {
    places = known;
    agents = new Map();
    for (const one of known) {
      const place = placeIn(one.place);
      if (place === undefined) continue;
      const key = keyOf(place);
      agents.set(key, Math.max(one.agents, agents.get(key) ?? 0));
    }
  }

  // A fleet that shares nothing has no peers to ask; of more places than are told of the rest is not known.
  function agentsAt(place: Place): number | undefined {
    if (agents.size === 0) return undefined;
    return agents.get(keyOf(place)) ?? ((places?.length ?? 0) < MOST_PEER_PLACES ? 0 : undefined);
  }

  return {
    onRecord(record) {
      take(record.places);
      onChange(KEY);
    },
    agentsAt,
    owns: (key) => key === KEY,
    save: () => (places === undefined ? null : JSON.stringify({ v: 1, places } satisfies Saved)),
    restore: (_key, saved) => take((saved as Saved).places),
  };
}
