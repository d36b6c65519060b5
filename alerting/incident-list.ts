/** Incidents of the whole fleet, read from their outbox: what a process shows that watches none, or only some. */
import { setTimeout as delay } from "node:timers/promises";
import { WatchkeeperError } from "../schemas/errors.ts";
import type { Incident } from "../schemas/incident.ts";
import { TOPICS, type Topic } from "../schemas/topics.ts";
import { parseState } from "./send/state-key.ts";

interface Follower {
  readonly caughtUp: Promise<void>;
  /** Resolves with what ended it by itself. */
  readonly ended: Promise<unknown>;
  stop(late?: AbortSignal): Promise<void>;
}

export interface FollowIncidentsOptions {
  /** Every value of a compacted topic, from the beginning on and then as they come; null: the key is removed. */
  readonly follow: (
    topic: Topic,
    take: (partition: number, key: string, value: Buffer | null) => void,
  ) => Promise<Follower>;
  /** The outbox cannot be followed, or not any more; it is tried again. */
  readonly onFailed: (error: unknown) => void;
  /** Time between two tries; default 1,000. */
  readonly retryMs?: number;
}

export interface IncidentList {
  /** In no order. Rejects with `incidents_loading` (`retry`) while `isComplete` says no. */
  incidents(): Promise<readonly Incident[]>;
  /** Whether the outbox was read to its end and is followed now. */
  isComplete(): boolean;
  /** What is left is given up when the signal aborts. */
  stop(late?: AbortSignal): Promise<void>;
}

/** Reads `agent-incidents` and keeps up with it, from as soon as it can be read. */
export function followIncidents({ follow, onFailed, retryMs = 1_000 }: FollowIncidentsOptions): IncidentList {
  const stopping = new AbortController();
  const stopped = new Promise<undefined>((resolve) => {
    stopping.signal.addEventListener("abort", () => resolve(undefined));
  });
  /** How long the stop may take. */
  let until: AbortSignal | undefined;
  /** As they stand in the outbox; undefined while it is not followed. */
  let incidents: ReadonlyMap<string, Incident> | undefined;

  /** From the beginning: what was removed while nobody followed is not told any more. */
  async function followOnce(): Promise<void> {
    const found = new Map<string, Incident>();
    const follower = await follow(TOPICS.incidents, (_partition, key, value) => {
      if (parseState(key)?.kind !== "incident") return;
      if (value === null) found.delete(key);
      else found.set(key, JSON.parse(value.toString()) as Incident);
    });
    let isOver = false;
    const onCaughtUp = () => {
      if (!isOver) incidents = found;
    };
    // What keeps it from catching up ends it, too.
    follower.caughtUp.then(onCaughtUp, () => undefined);
    const error = await Promise.race([follower.ended, stopped]);
    isOver = true;
    incidents = undefined;
    await follower.stop(until);
    if (error !== undefined) throw error;
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await followOnce();
      } catch (error) {
        onFailed(error);
        await delay(retryMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      }
    }
  }

  const running = run();
  return {
    async incidents() {
      if (incidents !== undefined) return [...incidents.values()];
      throw new WatchkeeperError("The incidents are being read; ask again in a moment.", {
        code: "incidents_loading",
        verdict: "retry",
        retryAfterMs: 1_000,
      });
    },
    isComplete: () => incidents !== undefined,
    async stop(late) {
      until = late;
      stopping.abort();
      await running;
    },
  };
}
