/** What closes the parts of a process, in the order opposite to their start, within one time limit. */
import { setMaxListeners } from "node:events";
import type { Logger } from "pino";
import { messageOf } from "../schemas/errors.ts";
import { settledBy } from "./settled-by.ts";

/** Closes a part; what it still waits for is given up when the signal aborts. */
type Close = (late: AbortSignal) => Promise<unknown>;

export interface CloseStack {
  push(name: string, close: Close): void;
  /** A stack of its own, for parts that need none of those beside it: sides in a row are closed at the same time. */
  side(): Pick<CloseStack, "push">;
  /**
   * Closes every part, the last one pushed first. One that fails does not keep the others open, nor does one that goes on
   * when it is late. The time of each is logged.
   */
  close(): Promise<void>;
}

export interface CloseStackOptions {
  /** Milliseconds until the signal aborts; default 7,000. */
  readonly lateMs?: number;
  /** A monotonic clock, milliseconds. */
  readonly elapsed?: () => number;
}

interface Part {
  readonly name: string;
  readonly close: Close;
}

interface Stage {
  /** Closed at the same time; the parts of each one after the other. */
  readonly sides: Part[][];
  readonly isOfSides: boolean;
}

const LATE_MS = 7_000;
/** A part that has not ended so long after the signal is left as it is. */
const GRACE_MS = 1_000;
/** What those have that come after it. */
const LEAST_MS = 250;
const SLOW_MS = 2_000;

/** Empty. */
export function createCloseStack(
  logger: Pick<Logger, "debug" | "warn" | "error">,
  { lateMs = LATE_MS, elapsed = () => performance.now() }: CloseStackOptions = {},
): CloseStack {
  const stages: Stage[] = [];
  let closing: Promise<void> | undefined;

  async function closePart({ name, close }: Part, late: AbortSignal, endsAt: number): Promise<void> {
    const began = elapsed();
    let isClosed = false;
    const closed = close(late)
      .catch((error: unknown) => logger.error({ part: name, error: messageOf(error) }, "closing failed"))
      .then(() => {
        isClosed = true;
      });
    const overdue = new AbortController();
    const timer = setTimeout(() => overdue.abort(), Math.max(LEAST_MS, endsAt - began));
    await settledBy(closed, overdue.signal);
    clearTimeout(timer);
    const facts = { part: name, ms: Math.round(elapsed() - began) };
    if (!isClosed) logger.error(facts, "closing takes too long; the part is left as it is");
    else if (facts.ms > SLOW_MS) logger.warn(facts, "closing was slow");
    else logger.debug(facts, "closed");
  }

  async function closeAll(): Promise<void> {
    const late = new AbortController();
    // Every part listens, and what is inside of it.
    setMaxListeners(0, late.signal);
    const timer = setTimeout(() => late.abort(), lateMs);
    const endsAt = elapsed() + lateMs + GRACE_MS;
    const closeSide = async (parts: Part[]): Promise<void> => {
      for (let part = parts.pop(); part !== undefined; part = parts.pop()) await closePart(part, late.signal, endsAt);
    };
    for (let stage = stages.pop(); stage !== undefined; stage = stages.pop()) {
      await Promise.all(stage.sides.map(closeSide));
    }
    clearTimeout(timer);
  }

  return {
    push: (name, close) => void stages.push({ sides: [[{ name, close }]], isOfSides: false }),
    side() {
      const parts: Part[] = [];
      const newest = stages.at(-1);
      if (newest?.isOfSides) newest.sides.push(parts);
      else stages.push({ sides: [parts], isOfSides: true });
      return { push: (name, close) => void parts.push({ name, close }) };
    },
    close() {
      closing ??= closeAll();
      return closing;
    },
  };
}
