/** The configuration on its way into the journal. */
import { createHash } from "node:crypto";
import type { WatchConfig } from "../../schemas/config.ts";
import type { ConfigRecord } from "../../schemas/journal.ts";
import { TOPICS } from "../../schemas/topics.ts";
import type { LogAppend } from "../log/event-log.ts";

/** 16 hex digits; equal configurations have equal ones. */
export function configHash(config: WatchConfig): string {
  return createHash("sha256").update(JSON.stringify(config)).digest("hex").slice(0, 16);
}

/** The record that puts a configuration in force from its place in a partition on. */
export function configAppend(config: WatchConfig, at: number): LogAppend {
  const record: ConfigRecord = { type: "config", at, hash: configHash(config), config };
  return { topic: TOPICS.journal, key: "", value: JSON.stringify(record) };
}
