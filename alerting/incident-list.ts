/** Incidents of the whole fleet, read from their outbox: what a process shows that watches none, or only some. */

import { WatchkeeperError } from "../schemas/errors.ts";
import type { Incident } from "../schemas/incident.ts";
import { TOPICS, type Topic } from "../schemas/topics.ts";
import { listIncidents } from "./incident-view.ts";
import { parseState } from "./send/state-key.ts";

/** Every value of a compacted topic, from the beginning on and then as they come; null: the key is removed. */
type Follow = (
  topic: Topic,
  take: (partition: number, key: string, value: Buffer | null) => void,
) => Promise<{ readonly caughtUp: Promise<void>; stop(): Promise<void> }>;

export interface IncidentList {
  /** Newest first. Rejects with `incidents_loading` (`retry`) until the outbox was read to its end once. */
  list(filter: "open" | "resolved" | "all"): Promise<readonly object[]>;
  isComplete(): boolean;
  stop(): Promise<void>;
}

/** Reads `agent-incidents` and keeps up with it. */
export async function followIncidents(follow: Follow): Promise<IncidentList> {
  const incidents = new Map<string, Incident>();
  let isComplete = false;
  const follower = await follow(TOPICS.incidents, (_partition, key, value) => {
    if (parseState(key)?.kind !== "incident") return;
    if (value === null) incidents.delete(key);
    else incidents.set(key, JSON.parse(value.toString()) as Incident);
  });
  void follower.caughtUp.then(
    () => {
      isComplete = true;
    },
    () => undefined,
  );
  return {
    async list(filter) {
      if (isComplete) return listIncidents([...incidents.values()], filter);
      throw new WatchkeeperError("The incidents are being read; ask again in a moment.", {
        code: "incidents_loading",
        verdict: "retry",
        retryAfterMs: 1_000,
      });
    },
    isComplete: () => isComplete,
    stop: () => follower.stop(),
  };
}
