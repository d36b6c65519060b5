/** The first tables. Columns of `events` are the fields of the journal's record. */
import type { Migration, MigrationTarget } from "./migration.ts";
import { ttlOf } from "./retention.ts";
import { TABLES } from "./tables.ts";

/** Acknowledged rows survive a power cut; chDB and ClickHouse do no fsync on insert by default. */
const DURABLE = "fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1";

const INSTANT = "DateTime64(3, 'UTC')";

/**
 * Partitioned by week of arrival, which is our clock: an agent's clock cannot open partitions. The order serves
 * "what did this agent do, in order"; single ids, runs and log positions are found by the indexes.
 */
function events(target: MigrationTarget): string {
  return `CREATE TABLE IF NOT EXISTS ${target.define(TABLES.events)} (
    timestamp ${INSTANT},
    arrived_at ${INSTANT},
    judged_at ${INSTANT},
    agent LowCardinality(String),
    kind LowCardinality(String),
    id String,
    run String,
    tool LowCardinality(String),
    cost Nullable(Decimal(38, 12)),
    cost_source LowCardinality(Nullable(String)),
    raw String CODEC(ZSTD(1)),
    topic LowCardinality(String),
    partition UInt32,
    offset UInt64,
    schema_version UInt16,
    id_source LowCardinality(String),
    content String,
    clock LowCardinality(String),
    backfill Bool,
    trigger String,
    parent String,
    environment LowCardinality(String),
    model LowCardinality(String),
    credential LowCardinality(String),
    target String,
    endpoint String,
    success Nullable(Bool),
    response_code Nullable(Int32),
    error String,
    input_tokens Nullable(UInt64),
    output_tokens Nullable(UInt64),
    duration_ms Nullable(Float64),
    bytes_out Nullable(UInt64),
    cpu_percent Nullable(Float64),
    memory_bytes Nullable(UInt64),
    permission_level Nullable(UInt8),
    approved_by String,
    cost_original String,
    currency LowCardinality(String),
    unpriced Bool,
    failed Bool,
    call String,
    outcome String,
    INDEX by_id id TYPE bloom_filter(0.01) GRANULARITY 4,
    INDEX by_run run TYPE bloom_filter(0.01) GRANULARITY 4,
    INDEX by_offset offset TYPE minmax GRANULARITY 1
  ) ENGINE = ${target.engine("MergeTree")}
  PARTITION BY toMonday(arrived_at)
  ORDER BY (agent, timestamp, id)
  TTL ${ttlOf(TABLES.events, target.retention)}
  SETTINGS ttl_only_drop_parts = 1, ${target.dedup}, ${DURABLE}`;
}

/**
 * Plain sums an hour (of `judged_at`), agent, kind and tool. `duration` is a digest, read with
 * `quantilesTDigestMerge(0.5, 0.95, 0.99)(duration)`.
 */
function eventsHourly(target: MigrationTarget): string {
  return `CREATE TABLE IF NOT EXISTS ${target.define(TABLES.eventsHourly)} (
    hour DateTime('UTC'),
    agent LowCardinality(String),
    kind LowCardinality(String),
    tool LowCardinality(String),
    events SimpleAggregateFunction(sum, UInt64),
    errors SimpleAggregateFunction(sum, UInt64),
    cost SimpleAggregateFunction(sum, Decimal(38, 12)),
    unpriced SimpleAggregateFunction(sum, UInt64),
    input_tokens SimpleAggregateFunction(sum, UInt64),
    output_tokens SimpleAggregateFunction(sum, UInt64),
    duration AggregateFunction(quantilesTDigest(0.5, 0.95, 0.99), Nullable(Float32)),
    arrived_at SimpleAggregateFunction(max, DateTime('UTC'))
  ) ENGINE = ${target.engine("AggregatingMergeTree")}
  ORDER BY (agent, hour, kind, tool)
  TTL ${ttlOf(TABLES.eventsHourly, target.retention)}
  SETTINGS ${target.dedup}, ${DURABLE}`;
}

/** Rows of `events_hourly` from rows of `events`; `where` selects them, of alias `e`. */
export function hourlySelect(events: string, where = "1"): string {
  return `SELECT
    toStartOfHour(e.judged_at) AS hour,
    e.agent AS agent,
    e.kind AS kind,
    e.tool AS tool,
    count() AS events,
    countIf(e.failed) AS errors,
    sum(ifNull(e.cost, toDecimal128(0, 12))) AS cost,
    countIf(e.unpriced) AS unpriced,
    sum(ifNull(e.input_tokens, 0)) AS input_tokens,
    sum(ifNull(e.output_tokens, 0)) AS output_tokens,
    quantilesTDigestState(0.5, 0.95, 0.99)(toFloat32(e.duration_ms)) AS duration,
    max(toDateTime(e.arrived_at)) AS arrived_at
  FROM ${events} AS e
  WHERE ${where}
  GROUP BY hour, agent, kind, tool`;
}

function eventsHourlyFeed(target: MigrationTarget): string {
  return `CREATE MATERIALIZED VIEW IF NOT EXISTS ${target.define("events_hourly_feed")}
  TO ${target.name(TABLES.eventsHourly)} AS
  ${hourlySelect(target.name(TABLES.events))}`;
}

/** Replacing by id: a post that was sent again under its idempotency key refuses the same lines once. */
function deadLetters(target: MigrationTarget): string {
  return `CREATE TABLE IF NOT EXISTS ${target.define(TABLES.deadLetters)} (
    arrived_at ${INSTANT},
    source String,
    reason String,
    bytes String CODEC(ZSTD(1)),
    size UInt64,
    id String,
    line UInt64,
    code LowCardinality(String),
    encoding LowCardinality(String),
    topic LowCardinality(String),
    partition UInt32,
    offset UInt64
  ) ENGINE = ${target.engine("ReplacingMergeTree")}
  PARTITION BY toMonday(arrived_at)
  ORDER BY id
  TTL ${ttlOf(TABLES.deadLetters, target.retention)}
  SETTINGS ttl_only_drop_parts = 1, ${target.dedup}, ${DURABLE}`;
}

function controls(target: MigrationTarget): string {
  return `CREATE TABLE IF NOT EXISTS ${target.define(TABLES.controls)} (
    partition UInt32,
    offset UInt64,
    type LowCardinality(String),
    at ${INSTANT},
    body String CODEC(ZSTD(1))
  ) ENGINE = ${target.engine("ReplacingMergeTree")}
  ORDER BY (partition, offset)
  TTL ${ttlOf(TABLES.controls, target.retention)}
  SETTINGS ${target.dedup}, ${DURABLE}`;
}

export const store: Migration = {
  number: 1,
  name: "store",
  statements: (target) => [
    events(target),
    eventsHourly(target),
    eventsHourlyFeed(target),
    deadLetters(target),
    controls(target),
  ],
};
