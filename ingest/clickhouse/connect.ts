/** The connection to the store: the unmodified client, with every setting that servers disagree on stated. */
import * as zlib from "node:zlib";
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from "@clickhouse/client";
import { isSafeIdentifier } from "../../schemas/clickhouse/migration.ts";
import { WatchkeeperError } from "../../schemas/errors.ts";
import { isLoopback } from "../loopback.ts";

export interface StoreOptions {
  /** `http://` or `https://`, host and port. */
  readonly url: string;
  readonly username: string;
  readonly password: string;
  /** A plain identifier; see `createDatabase` for one that may not exist yet. */
  readonly database: string;
  /** Default 30,000. */
  readonly requestTimeoutMs?: number;
  /** Connections at most; default 10. */
  readonly maxConnections?: number;
  /** Whether bodies are packed both ways; default: unless the server is on this machine. */
  readonly compress?: boolean;
}

/** What changes and asks about tables. */
export type StoreCommands = Pick<ClickHouseClient, "command" | "query">;

/** The same client for work that ends with the signal: then what is asked rejects; the server may still finish it. */
export function untilAborted(client: StoreCommands, signal: AbortSignal): StoreCommands {
  return {
    command: async (params) => {
      signal.throwIfAborted();
      return client.command({ ...params, abort_signal: signal });
    },
    query: async (params) => {
      signal.throwIfAborted();
      return client.query({ ...params, abort_signal: signal });
    },
  };
}

/** Embedded and outside servers of different ages have different defaults for these. */
const SETTINGS = {
  async_insert: 0,
  input_format_skip_unknown_fields: 1,
  output_format_json_quote_64bit_integers: 1,
  date_time_input_format: "best_effort",
  session_timezone: "UTC",
} as const;

/**
 * Connects lazily: no request is made. With `https://` the certificate is verified against Node's authorities and those
 * of NODE_EXTRA_CA_CERTS.
 */
export function connectStore(options: StoreOptions): ClickHouseClient {
  return connect(options, options.database);
}

/** Creates the database when it is missing; only then the user needs the right to. `onCluster`: ` ON CLUSTER …`. */
export async function createDatabase(options: StoreOptions, onCluster = ""): Promise<void> {
  const client = connect(options, "default");
  try {
    const query = "SELECT count() AS n FROM system.databases WHERE name = {name:String}";
    const found = await client.query({ query, query_params: { name: options.database }, format: "JSONEachRow" });
    const [row] = await found.json<{ n: string }>();
    if (Number(row?.n) > 0 && onCluster === "") return;
    await client.command({ query: `CREATE DATABASE IF NOT EXISTS ${safeDatabase(options.database)}${onCluster}` });
  } finally {
    await client.close();
  }
}

/** @throws WatchkeeperError `config_invalid` when the name would need quoting. */
export function safeDatabase(name: string): string {
  if (isSafeIdentifier(name)) return name;
  throw new WatchkeeperError(`"${name}" cannot be the name of the database.`, {
    code: "config_invalid",
    hint: "Set CLICKHOUSE_DATABASE to letters, digits and underscores, not beginning with a digit.",
    exitCode: 2,
  });
}

function connect(options: StoreOptions, database: string): ClickHouseClient {
  safeDatabase(options.database);
  const compress = options.compress ?? !isLoopback(new URL(options.url).hostname);
  // zstd packs as well in less time; Node has it since 22.15.
  const codec = "createZstdCompress" in zlib ? "zstd" : "gzip";
  return createClient({
    url: options.url,
    username: options.username,
    password: options.password,
    database,
    application: "watchkeeper",
    request_timeout: options.requestTimeoutMs ?? 30_000,
    max_open_connections: options.maxConnections ?? 10,
    compression: { request: compress && { codec }, response: compress && { codec: "gzip" } },
    clickhouse_settings: SETTINGS,
    // Every failure comes back as an error; the client would print it as well.
    log: { level: ClickHouseLogLevel.OFF },
  });
}
