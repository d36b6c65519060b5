CREATE TABLE IF NOT EXISTS watchkeeper.schema_migrations ON CLUSTER watchkeepers (
    number UInt32,
    name String,
    applied_at DateTime64(3, 'UTC')
  ) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}')
  ORDER BY number
  SETTINGS replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800, fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS watchkeeper.events ON CLUSTER watchkeepers (
    timestamp DateTime64(3, 'UTC'),
    arrived_at DateTime64(3, 'UTC'),
    judged_at DateTime64(3, 'UTC'),
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
  ) ENGINE = ReplicatedMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}')
  PARTITION BY toMonday(arrived_at)
  ORDER BY (agent, timestamp, id)
  TTL toDateTime(arrived_at) + toIntervalSecond(7776000)
  SETTINGS ttl_only_drop_parts = 1, replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800, fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

CREATE TABLE IF NOT EXISTS watchkeeper.events_hourly ON CLUSTER watchkeepers (
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
  ) ENGINE = ReplicatedAggregatingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}')
  ORDER BY (agent, hour, kind, tool)
  TTL arrived_at + toIntervalSecond(94608000)
  SETTINGS replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800, fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS watchkeeper.events_hourly_feed ON CLUSTER watchkeepers
  TO watchkeeper.events_hourly AS
  SELECT
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
  FROM watchkeeper.events AS e
  WHERE 1
  GROUP BY hour, agent, kind, tool;

CREATE TABLE IF NOT EXISTS watchkeeper.dead_letters ON CLUSTER watchkeepers (
    arrived_at DateTime64(3, 'UTC'),
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
  ) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}')
  PARTITION BY toMonday(arrived_at)
  ORDER BY id
  TTL toDateTime(arrived_at) + toIntervalSecond(2592000)
  SETTINGS ttl_only_drop_parts = 1, replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800, fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

CREATE TABLE IF NOT EXISTS watchkeeper.controls ON CLUSTER watchkeepers (
    partition UInt32,
    offset UInt64,
    type LowCardinality(String),
    at DateTime64(3, 'UTC'),
    body String CODEC(ZSTD(1))
  ) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}')
  ORDER BY (partition, offset)
  TTL toDateTime(at) + toIntervalSecond(94608000), toDateTime(at) + toIntervalSecond(7776000) WHERE type IN ('tick', 'baseline', 'scope')
  SETTINGS replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800, fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

CREATE TABLE IF NOT EXISTS watchkeeper.baselines ON CLUSTER watchkeepers (
    agent LowCardinality(String),
    series LowCardinality(String),
    subject LowCardinality(String),
    cell UInt8,
    expected Float64,
    low Float64,
    high Float64,
    samples UInt32,
    state LowCardinality(String),
    computed_at DateTime64(3, 'UTC')
  ) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}', computed_at)
  ORDER BY (agent, series, subject, cell)
  TTL toDateTime(computed_at) + toIntervalSecond(94608000)
  SETTINGS replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800, fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

CREATE TABLE IF NOT EXISTS watchkeeper.findings ON CLUSTER watchkeepers (
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
    at DateTime64(3, 'UTC'),
    partition UInt32,
    offset UInt64,
    window_from DateTime64(3, 'UTC'),
    window_to DateTime64(3, 'UTC'),
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
    ends_at Nullable(DateTime64(3, 'UTC')),
    end_reason String
  ) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}')
  ORDER BY (agent, at, id)
  TTL toDateTime(at) + toIntervalSecond(94608000)
  SETTINGS replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800, fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

CREATE TABLE IF NOT EXISTS watchkeeper.incidents ON CLUSTER watchkeepers (
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
    opened_at DateTime64(3, 'UTC'),
    updated_at DateTime64(3, 'UTC'),
    resolved_at Nullable(DateTime64(3, 'UTC')),
    acknowledged_by Nullable(String),
    revision UInt64,
    partition UInt32,
    offset UInt64,
    finding String,
    findings UInt64,
    hidden_by Nullable(String),
    hides Array(String),
    posts String,
    quiet_at Nullable(DateTime64(3, 'UTC')),
    end_reason String
  ) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}', revision)
  ORDER BY id
  TTL toDateTime(updated_at) + toIntervalSecond(94608000)
  SETTINGS replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800, fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

CREATE TABLE IF NOT EXISTS watchkeeper.notifications ON CLUSTER watchkeepers (
    id String,
    at DateTime64(3, 'UTC'),
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
  ) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}')
  ORDER BY (incident, id)
  TTL toDateTime(at) + toIntervalSecond(94608000)
  SETTINGS replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800, fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

CREATE TABLE IF NOT EXISTS watchkeeper.judgements ON CLUSTER watchkeepers (
    partition UInt32,
    rule LowCardinality(String),
    window_from DateTime64(3, 'UTC'),
    window_to DateTime64(3, 'UTC'),
    status LowCardinality(String),
    events UInt64,
    findings UInt64,
    failures UInt64,
    at DateTime64(3, 'UTC'),
    judged_at DateTime64(3, 'UTC'),
    version UInt64
  ) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}', version)
  ORDER BY (window_from, partition, rule)
  TTL toDateTime(at) + toIntervalSecond(94608000)
  SETTINGS replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800, fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;
