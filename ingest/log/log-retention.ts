/** Keeps the event log within its age and its size. */
import type { Logger } from "pino";
import { messageOf } from "../../schemas/errors.ts";
import type { EmbeddedLog } from "./embedded-log.ts";

export interface LogRetentionOptions {
  readonly log: Pick<EmbeddedLog, "retain" | "usage">;
  /** `retention.journal`. */
  readonly retentionMs: number;
  readonly now: () => number;
  readonly logger: Pick<Logger, "warn">;
  /** The log is looked through this often; default 5,000. At full load a minute is gigabytes. */
  readonly everyMs?: number;
}

/** Above this share of its limit the log drops younger and younger records, until it is below the other. */
const PRESSED_SHARE = 0.8;
const RELIEVED_SHARE = 0.7;
/** First age that is tried under pressure, beyond the horizon of repeats; each further try halves it. */
const PRESSED_RETENTION_MS = 20 * 60_000;
const SHORTEST_RETENTION_MS = 1_000;

/** Drops what is past its retention, under pressure what is younger too; what a group has not read is always kept. */
export async function keepWithinBounds({
  log,
  retentionMs,
  now,
}: Omit<LogRetentionOptions, "logger">): Promise<number> {
  let dropped = await log.retain(now() - retentionMs);
  if (shareOf(log) <= PRESSED_SHARE) return dropped;
  let age = Math.min(PRESSED_RETENTION_MS, retentionMs);
  for (; shareOf(log) > RELIEVED_SHARE && age >= SHORTEST_RETENTION_MS; age /= 2) {
    dropped += await log.retain(now() - age);
  }
  return dropped;
}

function shareOf(log: Pick<EmbeddedLog, "usage">): number {
  const { usedBytes, limitBytes } = log.usage();
  return usedBytes / limitBytes;
}

/** Looks after the log until stopped. */
export function startLogRetention(options: LogRetentionOptions): { stop(): Promise<void> } {
  let running: Promise<unknown> | undefined;
  const look = (): void => {
    running ??= keepWithinBounds(options)
      .catch((error: unknown) => options.logger.warn({ error: messageOf(error) }, "retention of the event log failed"))
      .finally(() => {
        running = undefined;
      });
  };
  const timer = setInterval(look, options.everyMs ?? 5_000);
  return {
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}
