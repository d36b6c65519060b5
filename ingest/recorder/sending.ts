/** When what is buffered is sent: in batches, one post at a time, again and again with growing pauses. */
import { createLineBuffer } from "./buffer.ts";
import type { PostOutcome, Transport } from "./transport.ts";
import type { FlushResult, RecorderStats } from "./types.ts";

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 30_000;

export interface SendingOptions {
  readonly transport: Transport;
  readonly flushAfterMs: number;
  readonly maxBatch: number;
  readonly maxBufferedBytes: number;
  readonly onError: (error: Error) => void;
}

export interface Sending {
  push(line: string): void;
  /** Counts an event that could not become a line. */
  drop(error: Error): void;
  flush(): Promise<FlushResult>;
  close(): Promise<FlushResult>;
  stats(): RecorderStats;
}

export function createSending(options: SendingOptions): Sending {
  const { transport, flushAfterMs, maxBatch } = options;
  const buffer = createLineBuffer(options.maxBufferedBytes);
  const counts = { sent: 0, rejected: 0, dropped: 0 };
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running: Promise<void> | undefined;
  let failures = 0;
  let batch = maxBatch;
  let closed = false;

  const tell = (error: Error) => {
    try {
      options.onError(error);
    } catch {
      // The agent's own handler may not break the agent through us.
    }
  };

  const schedule = (afterMs: number) => {
    if (timer !== undefined || closed) return;
    timer = setTimeout(() => {
      timer = undefined;
      void drain();
    }, afterMs);
    timer.unref?.();
  };

  /** Takes in what the gateway said; true when the next batch may go at once. */
  const settle = (outcome: PostOutcome, through: number, size: number): boolean => {
    if (outcome.kind === "tooLarge" && size > 1) {
      batch = Math.max(1, size >> 1);
      return true;
    }
    if (outcome.kind === "later") {
      const pause = outcome.afterMs ?? Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS);
      failures = Math.min(failures + 1, 10);
      tell(outcome.error);
      schedule(pause);
      return false;
    }
    const removed = buffer.remove(through);
    failures = 0;
    if (outcome.kind === "taken") {
      batch = maxBatch;
      // Dropped for want of room while they were on their way: they arrived after all.
      counts.dropped -= size - removed;
      counts.sent += outcome.accepted;
      counts.rejected += outcome.rejected.length;
      if (outcome.rejected.length > 0) tell(refused(outcome.rejected));
      return true;
    }
    counts.dropped += removed;
    tell(outcome.kind === "refused" ? outcome.error : new Error("Watchkeeper refused an event as too large."));
    return true;
  };

  const drainOnce = async () => {
    while (buffer.count > 0) {
      const { lines, through } = buffer.peek(batch);
      if (!settle(await transport.post(lines), through, lines.length)) return;
    }
  };

  /** One drain at a time; whoever comes meanwhile waits for the same one. */
  const drain = (): Promise<void> => {
    running ??= drainOnce().finally(() => {
      running = undefined;
      // What came in after the last look; a pause that is already set stays.
      if (buffer.count > 0) schedule(flushAfterMs);
    });
    return running;
  };

  const flush = async (): Promise<FlushResult> => {
    const before = { ...counts };
    if (timer !== undefined) clearTimeout(timer);
    timer = undefined;
    await drain();
    return {
      sent: counts.sent - before.sent,
      rejected: counts.rejected - before.rejected,
      buffered: buffer.count,
    };
  };

  return {
    push(line) {
      if (closed) {
        counts.dropped += 1;
        return;
      }
      const dropped = buffer.push(line);
      counts.dropped += dropped;
      if (dropped > 0) tell(new Error(`The recorder's buffer is full: ${dropped} of the oldest events were dropped.`));
      if (running !== undefined) return;
      if (buffer.count >= maxBatch && failures === 0) void drain();
      else schedule(flushAfterMs);
    },
    drop(error) {
      counts.dropped += 1;
      tell(error);
    },
    flush,
    async close() {
      closed = true;
      const result = await flush();
      await transport.close();
      return result;
    },
    stats: () => ({ ...counts, buffered: buffer.count }),
  };
}

function refused(reasons: readonly string[]): Error {
  const events = reasons.length === 1 ? "an event" : `${reasons.length} events, the first`;
  return new Error(`Watchkeeper refused ${events}: ${reasons[0]}`);
}
