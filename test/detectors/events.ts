/** Events and harness for the tests of detectors. */
import { createHash } from "node:crypto";
import type { Detector } from "../../detectors/detector.ts";
import { DETECTORS } from "../../detectors/registry.ts";
import { createRunner, type Runner } from "../../detectors/runner.ts";
import { configSchema, type WatchConfig, watchConfigOf } from "../../schemas/config.ts";
import type { Finding } from "../../schemas/finding.ts";
import type { EventRecord, JournalRecord } from "../../schemas/journal.ts";

export const hex = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 16);

let made = 0;

/** An action with unique arguments at this moment unless the fields say otherwise. */
export function event(at: number, fields: Partial<EventRecord> = {}): EventRecord {
  const id = `e${made++}`;
  return {
    type: "event",
    schema_version: 1,
    id,
    id_source: "producer",
    content: hex(id).repeat(2),
    agent: "a",
    kind: "action",
    tool: "search",
    timestamp: at,
    arrived_at: at,
    judged_at: at,
    clock: "ok",
    call: hex(`${id} call`),
    outcome: hex("ok"),
    raw: "{}",
    ...fields,
  };
}

export function configOf(written: unknown): WatchConfig {
  return watchConfigOf(configSchema.parse(written));
}

export interface Harness {
  readonly runner: Runner;
  /** Takes in a record at the next offset. */
  take(record: JournalRecord): readonly Finding[];
  takeAll(records: Iterable<JournalRecord>): Finding[];
}

/** A runner with a configuration in force. */
export function harness(written: unknown = {}, detectors: readonly Detector[] = DETECTORS): Harness {
  const failures: unknown[] = [];
  const runner = createRunner({ detectors, partition: 0, onFailure: (_, __, error) => failures.push(error) });
  let offset = 0;
  const take = (record: JournalRecord): readonly Finding[] => {
    const findings = runner.evaluate(record, { partition: 0, offset: offset++ });
    if (failures.length > 0) throw failures[0];
    return findings;
  };
  take({ type: "config", at: 0, hash: "h", config: configOf(written) });
  return {
    runner,
    take,
    takeAll(records) {
      const all: Finding[] = [];
      for (const record of records) all.push(...take(record));
      return all;
    },
  };
}
