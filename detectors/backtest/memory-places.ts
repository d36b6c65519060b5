/** What peers know, in memory: what ClickHouse answers in production, at the same moments. */
import type { Finding } from "../../schemas/finding.ts";
import type { EventRecord } from "../../schemas/journal.ts";
import { MOST_PEER_PLACES, type PeersRecord } from "../../schemas/peers.ts";
import { AGENTS_TO_KNOW, DAYS_TO_KNOW, PEER_DAYS } from "../learning/peer-places.ts";
import { placeIn } from "../outbound/place.ts";
import { DAY_MS } from "../time/zones.ts";

/** Places remembered at once; a flood of made-up ones is not taken in. */
const MOST_SEEN = 100_000;

export interface MemoryPlaces {
  add(event: EventRecord): void;
  /** What peers know at a run of learning. */
  learned(at: number): PeersRecord;
  flag(finding: Finding): void;
}

export function createMemoryPlaces(): MemoryPlaces {
  /** Days by agent by place. */
  const seen = new Map<string, Map<string, Set<number>>>();
  const flagged = new Map<string, number>();

  function learned(now: number): PeersRecord {
    const oldest = Math.floor(now / DAY_MS) - PEER_DAYS;
    const places: { place: string; agents: number }[] = [];
    for (const [place, agents] of seen) {
      let known = 0;
      for (const [agent, days] of agents) {
        for (const day of days) if (day < oldest) days.delete(day);
        if (days.size === 0) agents.delete(agent);
        if (days.size >= DAYS_TO_KNOW) known++;
      }
      if (agents.size === 0) seen.delete(place);
      const isFlagged = (flagged.get(place) ?? 0) >= now - PEER_DAYS * DAY_MS;
      if (known >= AGENTS_TO_KNOW && !isFlagged) places.push({ place, agents: known });
    }
    places.sort((a, b) => b.agents - a.agents || (a.place < b.place ? -1 : 1));
    return { type: "peers", at: now, places: places.slice(0, MOST_PEER_PLACES) };
  }

  function add({ kind, target, endpoint, agent, judged_at, arrived_at, clock, backfill }: EventRecord): void {
    const said = target ?? (endpoint?.includes("://") === true ? endpoint : undefined);
    if (said === undefined || kind === "decision") return;
    const place = (said.includes("://") ? placeIn(said)?.text : said)?.toLowerCase();
    if (place === undefined || place.length > 200 || (!seen.has(place) && seen.size >= MOST_SEEN)) return;
    const agents = seen.get(place) ?? new Map<string, Set<number>>();
    seen.set(place, agents);
    // What came late without being history may be of a made-up time.
    const at = clock === "late" && backfill !== true ? arrived_at : judged_at;
    agents.set(agent, (agents.get(agent) ?? new Set()).add(Math.floor(at / DAY_MS)));
  }

  return {
    add,
    learned,
    flag({ detector, subject, severity, at }) {
      if (detector === "outbound" && severity !== "info") flagged.set(subject.toLowerCase(), at);
    },
  };
}
