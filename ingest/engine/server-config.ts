/** The engine's configuration files: what its one user may do, and how much it may take. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface ServerLimits {
  /** The only database that can be read and written, apart from reading `system`. */
  readonly database: string;
  /** Memory of the whole engine, bytes; a query that would pass it fails with code 241. */
  readonly memoryLimitBytes: number;
}

/** Of the families that keep data here; File, URL, S3, Executable and the like reach outside. */
const ENGINES = ["MergeTree", "ReplacingMergeTree", "SummingMergeTree", "AggregatingMergeTree", "Memory"];

/** No SOURCES (file, url, remote, s3 and so on), no SYSTEM, no access management, no BACKUP. */
const GRANTS = [
  "SELECT",
  "INSERT",
  "ALTER",
  "CREATE DATABASE",
  "CREATE TABLE",
  "CREATE VIEW",
  "DROP TABLE",
  "DROP VIEW",
  "TRUNCATE",
  "OPTIMIZE",
  "SHOW",
];

/** Stated, because embedded and outside servers differ in their defaults. */
export const PROFILE: Readonly<Record<string, string | number>> = {
  async_insert: 0,
  date_time_input_format: "best_effort",
  input_format_skip_unknown_fields: 1,
  output_format_json_quote_64bit_integers: 1,
  session_timezone: "UTC",
  max_execution_time: 600,
};

function elements(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => `<${name}>${xmlText(String(value))}</${name}>`)
    .join("");
}

function xmlText(text: string): string {
  return text.replace(/[&<>]/g, (char) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[char] as string);
}

function usersXml({ database, memoryLimitBytes }: ServerLimits): string {
  const grants = [
    `GRANT ${GRANTS.join(", ")} ON ${database}.*`,
    "GRANT SELECT, SHOW ON system.*",
    "GRANT CREATE TEMPORARY TABLE ON *.*",
    ...ENGINES.map((engine) => `GRANT TABLE ENGINE ON ${engine}`),
  ];
  const profile = elements({ ...PROFILE, max_memory_usage: Math.floor(memoryLimitBytes * 0.75) });
  return `<clickhouse>
<profiles><default>${profile}</default></profiles>
<users><default><password></password><networks><ip>::/0</ip></networks><profile>default</profile><quota>default</quota>
<grants>${grants.map((grant) => `<query>${grant}</query>`).join("\n")}</grants></default></users>
<quotas><default></default></quotas>
</clickhouse>
`;
}

/**
 * Writes both files into the engine's directory (mode 0600) and returns the arguments that make the engine read
 * them. They count for the first connection of a process; later ones share its server.
 */
export function writeServerConfig(directory: string, limits: ServerLimits): readonly string[] {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const users = join(directory, "users.xml");
  const config = join(directory, "config.xml");
  writeFileSync(users, usersXml(limits), { mode: 0o600 });
  writeFileSync(config, `<clickhouse><users_config>${xmlText(users)}</users_config></clickhouse>\n`, { mode: 0o600 });
  return [
    `--config-file=${config}`,
    `--max_server_memory_usage=${limits.memoryLimitBytes}`,
    "--mark_cache_size=134217728",
  ];
}
