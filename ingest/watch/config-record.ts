/** The configuration on its way into the journal. */
import { createHash } from "node:crypto";
import type { Logger } from "pino";
import type { WatchConfig } from "../../schemas/config.ts";
import { messageOf, WatchkeeperError } from "../../schemas/errors.ts";
import type { ConfigRecord } from "../../schemas/journal.ts";
import { GROUPS, TOPICS } from "../../schemas/topics.ts";
import type { EventLog, LogAppend } from "../log/event-log.ts";
import { classifyOurs, retrying, type Sleep } from "../retrying.ts";

/** 16 hex digits; equal configurations have equal ones. */
export function configHash(config: WatchConfig): string {
  return createHash("sha256").update(JSON.stringify(config)).digest("hex").slice(0, 16);
}

/** The record that puts a configuration in force from its place in a partition on. */
export function configAppend(config: WatchConfig, at: number): LogAppend {
  const record: ConfigRecord = { type: "config", at, hash: configHash(config), config };
  return { topic: TOPICS.journal, key: "", value: JSON.stringify(record) };
}

export interface FirstConfigOptions {
  readonly log: Pick<EventLog, "lag" | "broadcast">;
  readonly config: WatchConfig;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly sleep: Sleep;
  readonly random: () => number;
  readonly logger: Pick<Logger, "warn">;
}

/** A log that takes nothing for so long needs somebody who looks at it. */
const WRITE_WITHIN_MS = 30_000;

/**
 * In a journal that nobody wrote to yet the configuration goes before the first event, whichever process comes first:
 * what stands before it is judged by the defaults. Later ones are put in force by the owner of each partition.
 *
 * Errors: what the log says, after 30 s in which it took nothing.
 */
export async function writeFirstConfig(options: FirstConfigOptions): Promise<void> {
  const { log, config, now, sleep, random, logger } = options;
  const giveUp = new AbortController();
  const written = new AbortController();
  let last: WatchkeeperError | undefined;
  // Each partition for itself: one that was reached before a start ended half-way has it.
  const work = async (): Promise<void> => {
    const empty = (await log.lag(GROUPS.watch, TOPICS.journal)).filter(({ end }) => end === 0);
    const partitions = empty.map(({ partition }) => partition);
    if (partitions.length > 0) await log.broadcast(TOPICS.journal, configAppend(config, now()).value, partitions);
  };
  const classify = (error: unknown) => {
    last = classifyOurs(error);
    return last;
  };
  const onRetry = (error: unknown, attempt: number) =>
    logger.warn({ attempt, error: messageOf(error) }, "the configuration is not in the journal yet; trying again");
  const inTime = sleep(WRITE_WITHIN_MS, written.signal).then(() => {
    giveUp.abort();
    return { kind: "given_up" } as const;
  });
  try {
    const writing = retrying(work, classify, { sleep, random, giveUp: giveUp.signal, onRetry });
    writing.catch(() => undefined);
    const { kind } = await Promise.race([writing, inTime]);
    if (kind !== "done") throw notWritten(last);
  } finally {
    written.abort();
  }
}

function notWritten(cause: WatchkeeperError | undefined): WatchkeeperError {
  const reason = cause === undefined ? "the event log does not answer" : cause.message;
  return new WatchkeeperError(
    `The configuration could not be written into the journal within ${WRITE_WITHIN_MS / 1_000} s: ${reason}`,
    {
      code: cause?.code ?? "log_unavailable",
      hint: "Are enough brokers up for min.insync.replicas of agent-journal, and may this user write to it?",
      ...(cause !== undefined && { cause }),
    },
  );
}
