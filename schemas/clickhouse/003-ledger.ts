/** Every scheduled judgement: which rule looked at which window, how it went, and when. */
import type { Migration, MigrationTarget } from "./migration.ts";
import { ttlOf } from "./retention.ts";
import { TABLES } from "./tables.ts";

const INSTANT = "DateTime64(3, 'UTC')";

/** A replay judges again, later: the row that was judged first stands, so its version is the greatest. */
function judgements(target: MigrationTarget): string {
  return `CREATE TABLE IF NOT EXISTS ${target.define(TABLES.judgements)} (
    partition UInt32,
    rule LowCardinality(String),
    window_from ${INSTANT},
    window_to ${INSTANT},
    status LowCardinality(String),
    events UInt64,
    findings UInt64,
    failures UInt64,
    at ${INSTANT},
    judged_at ${INSTANT},
    version UInt64
  ) ENGINE = ${target.engine("ReplacingMergeTree", "version")}
  ORDER BY (window_from, partition, rule)
  TTL ${ttlOf(TABLES.judgements, target.retention)}
  SETTINGS ${target.dedup}, fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1`;
}

export const ledger: Migration = { number: 3, name: "ledger", statements: (target) => [judgements(target)] };
