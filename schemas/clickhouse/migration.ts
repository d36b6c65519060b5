/** What a numbered migration is, and what it is told about the server it is for. */

/** How long rows are kept, in milliseconds (`retention` of the configuration). */
export interface Retention {
  /** Events, and the control records that come by the minute. */
  readonly events: number;
  readonly deadLetters: number;
  /** Roll-ups, and the small tables: findings, incidents, notifications, baselines, other control records. */
  readonly rollups: number;
}

/** The names and engines that differ between one server and a cluster; the same migrations are written with them. */
export interface MigrationTarget {
  /** A safe identifier, see `isSafeIdentifier`. */
  readonly database: string;
  readonly retention: Retention;
  /** Name for CREATE, ALTER and DROP: `db.table`, on a cluster with ` ON CLUSTER …`. */
  define(table: string): string;
  /** What follows the new name of a RENAME: nothing, on a cluster ` ON CLUSTER …`. */
  readonly onCluster: string;
  /** Name for reading and writing: `db.table`. */
  name(table: string): string;
  /** The engine of a table: `MergeTree()`, on a cluster `ReplicatedMergeTree(…)`. */
  engine(family: EngineFamily, args?: string): string;
  /** Table settings under which a repeated insert token is recognised. */
  readonly dedup: string;
}

type EngineFamily = "MergeTree" | "ReplacingMergeTree" | "AggregatingMergeTree";

/** A step of the schema. Once released it never changes; a later number corrects it. */
export interface Migration {
  /** From 1, without gaps. */
  readonly number: number;
  readonly name: string;
  /** One statement an entry, each safe to be run again after a crash in between. */
  statements(target: MigrationTarget): readonly string[];
}

/** Names that need no quoting and cannot carry SQL. */
export function isSafeIdentifier(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]{0,62}$/.test(name);
}

/**
 * One server, embedded or outside. The last 10,000 insert tokens of a table are remembered: at two inserts a second
 * and partition that is over an hour, and a replay reaches back by the inserts in flight only.
 */
export function singleServer(database: string, retention: Retention): MigrationTarget {
  const name = (table: string) => `${database}.${table}`;
  return {
    database,
    retention,
    onCluster: "",
    define: name,
    name,
    engine: (family, args = "") => `${family}(${args})`,
    dedup: "non_replicated_deduplication_window = 10000",
  };
}

/** A cluster of replicas (`clickhouse` of the configuration). */
export interface ReplicatedCluster {
  /** As in the server's `remote_servers`; a safe identifier, see `isSafeIdentifier`. */
  readonly cluster: string;
  /** Where a table's replicas meet in Keeper; macros of the server in braces. */
  readonly path: string;
  /** The name of one replica. */
  readonly replica: string;
}

/** As servers have it themselves; the UUID keeps a table that is made again apart from the one that was dropped. */
export const DEFAULT_REPLICATION = { path: "/clickhouse/tables/{uuid}/{shard}", replica: "{replica}" } as const;

/** Text that stands between single quotes in a statement as it is: no quote, backslash, space or control character. */
export function isPlainText(text: string): boolean {
  return /^[\w/{}.:@-]{1,200}$/.test(text);
}

/**
 * The same tables on every replica of a cluster. Keeper remembers the last 10,000 insert tokens of a table for a week,
 * the longest that the event log keeps by default what a replay may bring again.
 */
export function replicatedCluster(database: string, retention: Retention, to: ReplicatedCluster): MigrationTarget {
  const name = (table: string) => `${database}.${table}`;
  const onCluster = ` ON CLUSTER ${to.cluster}`;
  return {
    database,
    retention,
    onCluster,
    define: (table) => `${name(table)}${onCluster}`,
    name,
    engine: (family, args = "") =>
      `Replicated${family}(${[`'${to.path}'`, `'${to.replica}'`, ...(args === "" ? [] : [args])].join(", ")})`,
    dedup: "replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800",
  };
}
