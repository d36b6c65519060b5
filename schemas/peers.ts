/** What the agents of the fleet have in common, as far as it helps to judge what is new for one of them. */

/** Places of one record. */
export const MOST_PEER_PLACES = 1000;

/** A destination that several agents are used to. */
export interface PeerPlace {
  /** A host, a mailbox, an account or a channel, as the events name it. */
  readonly place: string;
  /** Agents that went there on several days. */
  readonly agents: number;
}

/** Appended to every partition when learning ran; replaces the one before. */
export interface PeersRecord {
  readonly type: "peers";
  /** Up to when events were looked at, Unix milliseconds. */
  readonly at: number;
  /** The best known first, at most `MOST_PEER_PLACES`. */
  readonly places: readonly PeerPlace[];
}
