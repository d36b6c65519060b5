/** The other agents: those of the partition, as far as one's silence needs them, and the fleet's known places. */

import type { Place } from "../outbound/place.ts";
import { isAlwaysOn } from "../silence/absence.ts";
import { BLIND_MS, PEER_STEPS } from "../silence/rules.ts";
import type { AgentMemory } from "./agent-memory.ts";
import type { PeerPlaces } from "./peer-places.ts";

export interface PeerCount {
  /** Agents that should have been heard in the span, by their own baselines. */
  readonly expected: number;
  readonly heard: number;
}

export interface Peers {
  /** Agents of the fleet that are used to a destination; undefined while they are not known to share any. */
  agentsAt(place: Place): number | undefined;
  /** `zone`: only those that work by day in this zone; left out, all. */
  between(agent: string, from: number, to: number, zone?: string): PeerCount;
  /** Whether the watch was not looking: no record came for so long, not even a tick. */
  isBlind(now: number): boolean;
}

export interface PeersOptions {
  readonly places: Pick<PeerPlaces, "agentsAt">;
  readonly agents: () => Iterable<AgentMemory>;
  readonly zoneOf: (agent: AgentMemory) => string;
  /** Moment of the last record of any kind; undefined where no ticks come (a backtest). */
  readonly lastRecordAt: () => number | undefined;
}

export function createPeers({ places, agents, zoneOf, lastRecordAt }: PeersOptions): Peers {
  /** Whether it should have been heard. */
  function isDue(agent: AgentMemory, from: number, to: number, zone: string | undefined): boolean {
    const { baseline } = agent;
    const series = baseline?.find("calls", "");
    if (baseline === undefined || series?.ready !== true) return false;
    const calls = series.between(from, to, "long") ?? 0;
    if (calls < PEER_STEPS * Math.max(1, series.unit)) return false;
    return zone === undefined || (zoneOf(agent) === zone && !isAlwaysOn(baseline, to));
  }

  return {
    agentsAt: (place) => places.agentsAt(place),
    between(name, from, to, zone) {
      let [expected, heard] = [0, 0];
      for (const agent of agents()) {
        if (agent.name === name || !isDue(agent, from, to, zone)) continue;
        expected++;
        if ((agent.recent.last()[0]?.at ?? 0) > from) heard++;
      }
      return { expected, heard };
    },
    isBlind(now) {
      const last = lastRecordAt();
      return last !== undefined && now - last > BLIND_MS;
    },
  };
}
