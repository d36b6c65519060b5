/**
 * Drops repeated identities in front of both groups. What it decides is a pure function of the partition's journal:
 *
 * - `repeat`: the newest earlier record with the same (agent, id) and the same content lies within the last
 *   `recentIds` offsets and arrived at most `horizonMs` before;
 * - `conflict`: no such record, but one with the same (agent, id) and another content lies within both limits;
 * - `new`: everything else.
 *
 * An id that was made on arrival repeats, too: where Kafka took some partitions of a request and not the others, all of
 * it is sent again.
 * Repeats and conflicts are remembered like any other record, so a chain of retries stays a chain of repeats.
 */
import { hash } from "node:crypto";
import type { EventRecord } from "../../schemas/journal.ts";

/** What tells a repeat: who, which, with what content, and when it came. */
type Identified = Pick<EventRecord, "agent" | "id" | "content" | "arrived_at">;

import { createIdentityRing, KEY_WORDS } from "./identity-ring.ts";

export type RepeatDecision = "new" | "repeat" | "conflict";

export interface RepeatFilterOptions {
  /** Offsets of the partition that are remembered; `limits.recentIds`. */
  readonly recentIds: number;
  /** How long after its arrival a record can be repeated, milliseconds; default 15 minutes. */
  readonly horizonMs?: number;
}

export interface RepeatFilter {
  /** Decides about the next event of the partition and remembers it. Offsets must grow from call to call. */
  accept(event: Identified, offset: number): RepeatDecision;
  /** Milliseconds back from the newest event within which a repeat is surely seen; at most `horizonMs`. */
  horizon(): number;
  /** Identities that are held now. */
  size(): number;
}

const FIFTEEN_MINUTES = 15 * 60_000;

/** The memory of one partition. About 70 bytes an entry, never more than `recentIds` entries. */
export function createRepeatFilter({ recentIds, horizonMs = FIFTEEN_MINUTES }: RepeatFilterOptions): RepeatFilter {
  const ring = createIdentityRing(recentIds);
  const key = new Uint32Array(KEY_WORDS);
  const keyBytes = Buffer.from(key.buffer);
  let newestArrival = Number.NEGATIVE_INFINITY;
  let forgottenArrival = Number.NEGATIVE_INFINITY;

  return {
    accept(event, offset) {
      for (let age = ring.oldestOffset(); age !== undefined && age < offset - recentIds; age = ring.oldestOffset()) {
        forgottenArrival = Math.max(forgottenArrival, ring.forgetOldest());
      }
      newestArrival = Math.max(newestArrival, event.arrived_at);
      writeKey(keyBytes, event);
      const since = event.arrived_at - horizonMs;
      const same = ring.newestArrival(key, "content");
      const any = ring.newestArrival(key, "identity");
      ring.remember(key, offset, event.arrived_at);
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

/**
 * 16 bytes of identity that no two (agent, id) share, whatever an agent writes into them, and the 16 bytes of the
 * content's 32 hex digits; of anything else its hash, so that no two texts are taken for each other.
 */
function writeKey(bytes: Buffer, { agent, id, content }: Identified): void {
  bytes.write(hash("sha256", `${agent.length}:${agent}${id}`, "binary"), 0, 16, "latin1");
  if (content.length === 32 && bytes.write(content, 16, 16, "hex") === 16) return;
  bytes.write(hash("sha256", content, "binary"), 16, 16, "latin1");
}
