/** What the other agents of the fleet say of a place: as far as they were asked. */
import type { EventRecord } from "../../schemas/journal.ts";
import type { Peers } from "../runner/peers.ts";
import { plural } from "../text/numbers.ts";
import type { Place } from "./place.ts";

/**
 * Agents that are used to a place; undefined where that is not known. What peers know is read from targets and
 * endpoints, so of a place that stands in the arguments of a call only is not known that nobody goes there.
 */
export function peersAt({ target, endpoint }: EventRecord, place: Place, peers: Peers): number | undefined {
  const agents = peers.agentsAt(place);
  const isAsked = target !== undefined || endpoint?.includes("://") === true;
  return agents === 0 && !isAsked ? undefined : agents;
}

/** Fewer than it takes, those not heard of for days, and those of a page count as none: "not known" is all that is true. */
export function peersText(agents: number | undefined): string {
  if (agents === undefined) return "";
  return agents === 0 ? ", not known to be used by others" : `, that ${plural(agents, "other agent")} know`;
}
