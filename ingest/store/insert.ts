/** Rows into one table, all or none. */
import { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import type { ClickHouseClient, ClickHouseSettings } from "@clickhouse/client";
import type { TableName } from "../../schemas/clickhouse/tables.ts";
import { messageOf, WatchkeeperError } from "../../schemas/errors.ts";
import type { RowText } from "./event-row.ts";

/** Without a token nothing is taken for a repeat, not even the same rows. */
export type Insert = (
  table: TableName,
  token: string | undefined,
  rows: readonly RowText[],
  signal: AbortSignal,
) => Promise<void>;

/** Rows of one piece of the body: about 250 KB, so that no piece holds the event loop for long. */
const ROWS_PER_CHUNK = 500;

const NEWLINE = 0x0a;

/** Said explicitly, because defaults differ between servers, the embedded engine and their versions. */
const SETTINGS: ClickHouseSettings = {
  async_insert: 0,
  wait_end_of_query: 1,
  insert_deduplicate: 1,
  deduplicate_blocks_in_dependent_materialized_views: 1,
  // One block, so that a failing row leaves no other row behind.
  input_format_parallel_parsing: 0,
  max_partitions_per_insert_block: "0",
  // A journal record carries `type`, and newer ones may carry more than this version has columns for.
  input_format_skip_unknown_fields: 1,
  input_format_null_as_default: 1,
};

function* chunksOf(rows: readonly RowText[]): Generator<Buffer> {
  for (let at = 0; at < rows.length; at += ROWS_PER_CHUNK) yield bytesOf(rows.slice(at, at + ROWS_PER_CHUNK));
}

/** The rows one after the other. A record's own bytes are copied once and never become a string. */
export function bytesOf(rows: readonly RowText[]): Buffer {
  let size = 0;
  for (const { head, own } of rows) size += Buffer.byteLength(head) + (own?.length ?? 0);
  const bytes = Buffer.allocUnsafe(size);
  let at = 0;
  for (const { head, own } of rows) {
    at += bytes.write(head, at);
    if (own === undefined) continue;
    at += own.copy(bytes, at, 1);
    at = bytes.writeUInt8(NEWLINE, at);
  }
  return bytes;
}

/** A proxy or another program may say 200 to anything; rows are stored only when ClickHouse says so. */
function checkAnswer(headers: readonly string[]): void {
  if (headers.some((name) => name.toLowerCase().startsWith("x-clickhouse-"))) return;
  throw new WatchkeeperError("Something else answers at the address of the store.", {
    code: "store_unavailable",
    verdict: "retry",
  });
}

export interface InsertOptions {
  readonly client: ClickHouseClient;
  readonly database: string;
  /** A text that was never given out before. */
  readonly nonce: () => string;
  /** Acknowledged by most replicas; see docs/clickhouse.md. */
  readonly replicated?: boolean | undefined;
}

/** An insert is acknowledged when most replicas have it: one that is lost takes nothing with it. */
const REPLICATED: ClickHouseSettings = { insert_quorum: "auto", insert_quorum_parallel: 1 };

/** `exec` with text, because `insert` would take objects and stringify each of them again. */
export function createInsert({ client, database, nonce, replicated }: InsertOptions): Insert {
  return async (table, token, rows, signal) => {
    const { stream, response_headers } = await client.exec({
      query: `INSERT INTO ${database}.${table} FORMAT JSONEachRow`,
      values: Readable.from(chunksOf(rows), { objectMode: false }),
      clickhouse_settings: {
        ...SETTINGS,
        ...(replicated === true && REPLICATED),
        // Newer servers compare content whatever `insert_deduplicate` says; a token goes before content in all of them.
        insert_deduplication_token: token ?? `once/${nonce()}`,
      },
      abort_signal: signal,
    });
    stream.resume();
    checkAnswer(Object.keys(response_headers));
    try {
      await finished(stream);
    } catch (error) {
      const details = { code: "store_unavailable", verdict: "retry", cause: error } as const;
      throw new WatchkeeperError(`The store broke off its answer: ${messageOf(error)}`, details);
    }
  };
}
