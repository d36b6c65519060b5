/** What the watch learned, found and told. A replay brings the same identities, and a row replaces its like. */
import type { Migration, MigrationTarget } from "./migration.ts";
import { ttlOf } from "./retention.ts";
import { TABLES } from "./tables.ts";

const DURABLE = "fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1";

const INSTANT = "DateTime64(3, 'UTC')";

function baselines(target: MigrationTarget): string {
  return `CREATE TABLE IF NOT EXISTS ${target.define(TABLES.baselines)} (
    agent LowCardinality(String),
    series LowCardinality(String),
    subject LowCardinality(String),
    cell UInt8,
    expected Float64,
    low Float64,
    high Float64,
    samples UInt32,
    state LowCardinality(String),
    computed_at ${INSTANT}
  ) ENGINE = ${target.engine("ReplacingMergeTree", "computed_at")}
  ORDER BY (agent, series, subject, cell)
  TTL ${ttlOf(TABLES.baselines, target.retention)}
  SETTINGS ${target.dedup}, ${DURABLE}`;
}

function findings(target: MigrationTarget): string {
  return `CREATE TABLE IF NOT EXISTS ${target.define(TABLES.findings)} (
    id String,
    incident String,
    detector LowCardinality(String),
    scope_kind LowCardinality(String),
    scope_name String,
    agent LowCardinality(String),
    subject String,
    episode String,
    severity LowCardinality(String),
    step Float64,
    at ${INSTANT},
    partition UInt32,
    offset UInt64,
    window_from ${INSTANT},
    window_to ${INSTANT},
    unit LowCardinality(String),
    observed Float64,
    expected Nullable(Float64),
    low Nullable(Float64),
    high Nullable(Float64),
    score Nullable(Float64),
    reason LowCardinality(String),
    title String,
    facts Array(String),
    why String,
    contributors String,
    events String,
    quiet_after_ms Float64,
    ends_at Nullable(${INSTANT}),
    end_reason String
  ) ENGINE = ${target.engine("ReplacingMergeTree")}
  ORDER BY (agent, at, id)
  TTL ${ttlOf(TABLES.findings, target.retention)}
  SETTINGS ${target.dedup}, ${DURABLE}`;
}

function incidents(target: MigrationTarget): string {
  return `CREATE TABLE IF NOT EXISTS ${target.define(TABLES.incidents)} (
    id String,
    scope_kind LowCardinality(String),
    scope_name String,
    agent LowCardinality(String),
    detector LowCardinality(String),
    subject String,
    episode String,
    state LowCardinality(String),
    severity LowCardinality(String),
    step Float64,
    title String,
    unit LowCardinality(String),
    observed Float64,
    expected Nullable(Float64),
    opened_at ${INSTANT},
    updated_at ${INSTANT},
    resolved_at Nullable(${INSTANT}),
    acknowledged_by Nullable(String),
    revision UInt64,
    partition UInt32,
    offset UInt64,
    finding String,
    findings UInt64,
    hidden_by Nullable(String),
    hides Array(String),
    posts String,
    quiet_at Nullable(${INSTANT}),
    end_reason String
  ) ENGINE = ${target.engine("ReplacingMergeTree", "revision")}
  ORDER BY id
  TTL ${ttlOf(TABLES.incidents, target.retention)}
  SETTINGS ${target.dedup}, ${DURABLE}`;
}

function notifications(target: MigrationTarget): string {
  return `CREATE TABLE IF NOT EXISTS ${target.define(TABLES.notifications)} (
    id String,
    at ${INSTANT},
    incident String,
    agent LowCardinality(String),
    detector LowCardinality(String),
    severity LowCardinality(String),
    sink LowCardinality(String),
    channel LowCardinality(String),
    action LowCardinality(String),
    reason LowCardinality(String),
    ok Bool,
    error String,
    delay_ms Nullable(Float64)
  ) ENGINE = ${target.engine("ReplacingMergeTree")}
  ORDER BY (incident, id)
  TTL ${ttlOf(TABLES.notifications, target.retention)}
  SETTINGS ${target.dedup}, ${DURABLE}`;
}

export const watch: Migration = {
  number: 2,
  name: "watch",
  statements: (target) => [baselines(target), findings(target), incidents(target), notifications(target)],
};
