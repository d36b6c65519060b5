/** Keeps the event log within its age and its size. */
import type { Logger } from "pino";
import { messageOf } from "../../schemas/errors.ts";
import type { EventLog } from "./event-log.ts";

export interface LogRetentionOptions {
  readonly log: Pick<EventLog, "retain" | "usage">;
  /** `retention.journal`. */
  readonly retentionMs: number;
  readonly now: () => number;
  readonly logger: Pick<Logger, "warn">;
  /** The log is looked through this often for what is past its retention; default a minute. */
  readonly everyMs?: number;
}

/** Above this share of its limit the log keeps records only this long; what a group has not read is always kept. */
const PRESSED_SHARE = 0.8;
const PRESSED_RETENTION_MS = 20 * 60_000;

/** Drops what is past its retention, once; sooner under pressure, but never within the horizon of repeats. */
export async function keepWithinBounds({ log, retentionMs, now }: LogRetentionOptions): Promise<number> {
  const { usedBytes, limitBytes } = log.usage();
  const pressed = usedBytes > limitBytes * PRESSED_SHARE;
  return log.retain(now() - (pressed ? Math.min(PRESSED_RETENTION_MS, retentionMs) : retentionMs));
}

/** Looks after the log until stopped. */
export function startLogRetention(options: LogRetentionOptions): { stop(): Promise<void> } {
  const timer = setInterval(() => {
    keepWithinBounds(options).catch((error: unknown) =>
      options.logger.warn({ error: messageOf(error) }, "retention of the event log failed"),
    );
  }, options.everyMs ?? 60_000);
  return { stop: async () => clearInterval(timer) };
}
