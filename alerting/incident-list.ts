/** Incidents of the whole fleet, read from their outbox: what a process shows that watches none, or only some. */
import { setTimeout as delay } from "node:timers/promises";
import { WatchkeeperError } from "../schemas/errors.ts";
import type { Incident } from "../schemas/incident.ts";
import { TOPICS, type Topic } from "../schemas/topics.ts";
import { listIncidents } from "./incident-view.ts";
import { parseState } from "./send/state-key.ts";

interface Follower {
  readonly caughtUp: Promise<void>;
  stop(late?: AbortSignal): Promise<void>;
}

export interface FollowIncidentsOptions {
  /** Every value of a compacted topic, from the beginning on and then as they come; null: the key is removed. */
  readonly follow: (
    topic: Topic,
    take: (partition: number, key: string, value: Buffer | null) => void,
  ) => Promise<Follower>;
  /** The outbox could not be followed; it is tried again. */
  readonly onFailed: (error: unknown) => void;
  /** Time between two tries; default 1,000. */
  readonly retryMs?: number;
}

export interface IncidentList {
  /** Newest first. Rejects with `incidents_loading` (`retry`) until the outbox was read to its end once. */
  list(filter: "open" | "resolved" | "all"): Promise<readonly object[]>;
  isComplete(): boolean;
  /** What is left is given up when the signal aborts. */
  stop(late?: AbortSignal): Promise<void>;
}

/** Reads `agent-incidents` and keeps up with it, from as soon as it can be read. */
export function followIncidents({ follow, onFailed, retryMs = 1_000 }: FollowIncidentsOptions): IncidentList {
  const incidents = new Map<string, Incident>();
  const stopping = new AbortController();
  let isComplete = false;

  function take(_partition: number, key: string, value: Buffer | null): void {
    if (parseState(key)?.kind !== "incident") return;
    if (value === null) incidents.delete(key);
    else incidents.set(key, JSON.parse(value.toString()) as Incident);
  }

  async function begin(): Promise<Follower | undefined> {
    while (!stopping.signal.aborted) {
      try {
        const follower = await follow(TOPICS.incidents, take);
        void follower.caughtUp.then(() => {
          isComplete = true;
        });
        return follower;
      } catch (error) {
        onFailed(error);
        await delay(retryMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      }
    }
    return undefined;
  }

  const following = begin();
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
    async stop(late) {
      stopping.abort();
      await (await following)?.stop(late);
    },
  };
}
