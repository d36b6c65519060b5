/** First posts that come late, after an outage: what happened meanwhile is told together, in one summary. */
import type { Telling } from "./telling.ts";

/** A summary goes when nothing was added for so long; a backlog is judged much faster. */
const SETTLED_MS = 3000;
/** It waits so long at most: what goes on is to be known. */
const LONGEST_MS = 120_000;
/** Lines of one summary: well below what a Slack message holds. */
const MAX_LINES = 150;

export interface LateOpenings {
  /** Takes the telling in if what decided it was longer ago than `lateAfterMs`. */
  add(telling: Telling, now: number): boolean;
  putBack(tellings: readonly Telling[]): void;
  /** The next summary if it is due. */
  take(now: number): readonly Telling[];
  dueAt(): number | undefined;
  waiting(): readonly Telling[];
}

export function createLateOpenings(lateAfterMs: number): LateOpenings {
  let waiting: Telling[] = [];
  let firstAt = 0;
  let lastAt = 0;
  /** The first of a summary could not be sent: nothing more is waited for. */
  let isOverdue = false;

  const dueAt = () => (isOverdue ? Number.NEGATIVE_INFINITY : Math.min(firstAt + LONGEST_MS, lastAt + SETTLED_MS));

  return {
    add(telling, now) {
      // What was a note, or hidden, for hours and speaks now is as new as what made it speak.
      const decidedAt = Math.max(telling.arrivedAt ?? 0, telling.incident.posts.at(-1)?.at ?? now);
      if (telling.hiddenNoted || now - decidedAt < lateAfterMs) return false;
      if (waiting.length === 0) firstAt = now;
      lastAt = now;
      telling.late = true;
      waiting.push(telling);
      return true;
    },
    putBack(tellings) {
      waiting = [...tellings, ...waiting];
      isOverdue = waiting.length > 0;
    },
    take(now) {
      if (waiting.length === 0 || now < dueAt()) return [];
      // The oldest first, whichever partition judged it.
      waiting.sort((a, b) => a.incident.openedAt - b.incident.openedAt);
      const taken = waiting.slice(0, MAX_LINES);
      waiting = waiting.slice(MAX_LINES);
      isOverdue = waiting.length > 0;
      return taken;
    },
    dueAt: () => (waiting.length === 0 ? undefined : dueAt()),
    waiting: () => waiting,
  };
}
