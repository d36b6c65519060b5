/**
 * Drops repeated identities in front of both groups. What it decides is a pure function of the partition's journal:
 *
 * - `repeat`: the newest earlier record with the same (agent, id) and the same content lies within the last
 *   `recentIds` offsets and arrived at most `horizonMs` before;
 * - `conflict`: no such record, but one with the same (agent, id) and another content lies within both limits;
 * - `new`: everything else, and every event whose id was made on arrival (it cannot repeat and takes no memory).
 *
 * Repeats and conflicts are remembered like any other record, so a chain of retries stays a chain of repeats.
 */
import { hash } from "node:crypto";
import type { EventRecord } from "../../schemas/journal.ts";
import { createIdentityRing } from "./identity-ring.ts";

export type RepeatDecision = "new" | "repeat" | "conflict";

export interface RepeatFilterOptions {
  /** Offsets of the partition that are remembered; `limits.recentIds`. */
  readonly recentIds: number;
  /** How long after its arrival a record can be repeated, milliseconds; default 15 minutes. */
  readonly horizonMs?: number;
}

export interface RepeatFilter {
  /** Decides about the next event of the partition and remembers it. Offsets must grow from call to call. */
  accept(event: EventRecord, offset: number): RepeatDecision;
  /** Milliseconds back from the newest event within which a repeat is surely seen; at most `horizonMs`. */
  horizon(): number;
  /** Identities that are held now. */
  size(): number;
}

const FIFTEEN_MINUTES = 15 * 60_000;

/** The memory of one partition. About 70 bytes an entry, never more than `recentIds` entries. */
export function createRepeatFilter({ recentIds, horizonMs = FIFTEEN_MINUTES }: RepeatFilterOptions): RepeatFilter {
  const ring = createIdentityRing(recentIds);
  let newestArrival = Number.NEGATIVE_INFINITY;
  let forgottenArrival = Number.NEGATIVE_INFINITY;

  return {
    accept(event, offset) {
      for (let age = ring.oldestOffset(); age !== undefined && age < offset - recentIds; age = ring.oldestOffset()) {
        forgottenArrival = Math.max(forgottenArrival, ring.forgetOldest());
      }
      newestArrival = Math.max(newestArrival, event.arrived_at);
      if (event.id_source === "arrival") return "new";
      const identity = identityOf(event.agent, event.id);
      const content = contentOf(event.content);
      const since = event.arrived_at - horizonMs;
      const same = ring.newestArrival(identity, content);
      const any = ring.newestArrival(identity);
      ring.remember(identity, content, offset, event.arrived_at);
      if (same !== undefined && same >= since) return "repeat";
      return any !== undefined && any >= since ? "conflict" : "new";
    },
    horizon() {
      if (forgottenArrival === Number.NEGATIVE_INFINITY) return horizonMs;
      return Math.max(0, Math.min(horizonMs, newestArrival - forgottenArrival));
    },
    size: () => ring.size(),
  };
}

/**
 * The offset from which a new owner must read so that its filter decides about `committed` and later as if it had
 * read the partition from its start.
 */
export function lookbackStart(committed: number, beginning: number, recentIds: number): number {
  return Math.max(beginning, committed - recentIds);
}

/** Bytes that two different (agent, id) do not share, whatever an agent writes into them. */
function identityOf(agent: string, id: string): Buffer {
  return hash("sha256", `${agent.length}:${agent}${id}`, "buffer");
}

/** The 16 bytes of 32 hex digits; of anything else a hash, so that no two texts are taken for each other. */
function contentOf(content: string): Buffer {
  const bytes = Buffer.from(content, "hex");
  return bytes.length === 16 && content.length === 32 ? bytes : hash("sha256", content, "buffer");
}
