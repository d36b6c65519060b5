/** The configuration on its way into the journal. */
import { createHash } from "node:crypto";
import type { WatchConfig } from "../../schemas/config.ts";
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
}

/**
 * In a journal that nobody wrote to yet the configuration goes before the first event, whichever process comes first:
 * what stands before it is judged by the defaults. Later ones are put in force by the owner of each partition.
 */
export async function writeFirstConfig({ log, config, now, sleep, random }: FirstConfigOptions): Promise<void> {
  const giveUp = new AbortController().signal;
  const work = async (): Promise<void> => {
    const ends = await log.lag(GROUPS.watch, TOPICS.journal);
    if (ends.every(({ end }) => end === 0)) await log.broadcast(TOPICS.journal, configAppend(config, now()).value);
  };
  await retrying(work, classifyOurs, { sleep, random, giveUp, onRetry: () => undefined });
}
