/**
 * Time passes for a quiet partition: when a timer is due and no record comes that would fire it, a tick is appended.
 * It is obeyed only when it is read, like any other record.
 */
import type { TickRecord } from "../../schemas/journal.ts";
import { TOPICS } from "../../schemas/topics.ts";
import type { LogAppend } from "../log/event-log.ts";

export interface TickerOptions {
  readonly nextDue: () => number | undefined;
  readonly now: () => number;
  readonly append: (tick: LogAppend) => Promise<boolean>;
  /** Least time between two ticks, milliseconds. */
  readonly everyMs: number;
  readonly onTick: () => void;
}

export interface Ticker {
  /** Whether a tick is due where every record of the partition has been judged. */
  isDue(): boolean;
  /** Appends a tick if one is due. To be called at the end of the partition only. */
  step(): Promise<void>;
  /** A tick came by in the journal. */
  seen(): void;
}

export function createTicker({ nextDue, now, append, everyMs, onTick }: TickerOptions): Ticker {
  let lastAt = Number.NEGATIVE_INFINITY;
  /** Written and not read yet: a second one would tell the core nothing new. */
  let isUnderWay = false;

  function isDue(): boolean {
    const at = now();
    if (isUnderWay || at < lastAt + everyMs) return false;
    const due = nextDue();
    return due !== undefined && due <= at;
  }

  return {
    isDue,
    async step() {
      if (!isDue()) return;
      const at = now();
      const tick: TickRecord = { type: "tick", at };
      isUnderWay = await append({ topic: TOPICS.journal, key: "tick", value: JSON.stringify(tick) });
      lastAt = at;
      if (isUnderWay) onTick();
    },
    seen() {
      isUnderWay = false;
    },
  };
}
