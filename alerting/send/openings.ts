/** First posts of one channel on their way: the first three of a burst go alone, the rest is told together. */
import { createLateOpenings } from "./late-openings.ts";
import type { Telling } from "./telling.ts";

const ALONE = 3;
/** Lines of one group message: well below what a Slack message holds. */
const MAX_LINES = 30;

export interface Openings {
  /** Puts a telling where it belongs, by what opened within `groupForMs` and what still waits to go alone. */
  add(telling: Telling, now: number, waitingAlone: number): "alone" | "group";
  /** Puts back what could not be sent. */
  putBack(tellings: readonly Telling[]): void;
  /** The next group message if it is due. */
  takeGroup(now: number): readonly Telling[];
  /** When the group is due; undefined: nobody waits. */
  groupDueAt(): number | undefined;
  readonly size: number;
  /** Who waits to be told in a group. */
  waiting(): readonly Telling[];
}

/** `lateAfterMs`: what was decided longer ago is told in a summary of its own. */
export function createOpenings(groupForMs: number, lateAfterMs: number): Openings {
  const late = createLateOpenings(lateAfterMs);
  let window = { startedAt: Number.NEGATIVE_INFINITY, count: 0 };
  let group: Telling[] = [];
  let dueAt = 0;

  return {
    add(telling, now, waitingAlone) {
      if (late.add(telling, now)) return "group";
      if (groupForMs === 0) return "alone";
      if (now - window.startedAt >= groupForMs) window = { startedAt: now, count: 0 };
      window.count += 1;
      if (window.count <= ALONE && waitingAlone < ALONE) return "alone";
      if (group.length === 0) dueAt = window.startedAt + groupForMs;
      group.push(telling);
      return "group";
    },
    putBack(tellings) {
      const lines = tellings.filter((telling) => !telling.late);
      late.putBack(tellings.filter((telling) => telling.late));
      group = [...lines, ...group];
      dueAt = Number.NEGATIVE_INFINITY;
    },
    takeGroup(now) {
      if (group.length === 0 || now < dueAt) return late.take(now);
      const taken = group.slice(0, MAX_LINES);
      group = group.slice(MAX_LINES);
      return taken;
    },
    groupDueAt() {
      const lateAt = late.dueAt();
      return group.length === 0 ? lateAt : Math.min(dueAt, lateAt ?? dueAt);
    },
    get size() {
      return group.length + late.waiting().length;
    },
    waiting: () => [...group, ...late.waiting()],
  };
}
