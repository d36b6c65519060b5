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
    define: name,
    name,
    engine: (family, args = "") => `${family}(${args})`,
    dedup: "non_replicated_deduplication_window = 10000",
  };
}
