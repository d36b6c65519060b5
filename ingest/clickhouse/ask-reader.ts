/** A person's question to the store, behind both walls. */
import { type ClickHouseClient, ClickHouseError } from "@clickhouse/client";
import { WatchkeeperError } from "../../schemas/errors.ts";
import { classifyStoreError } from "./classify.ts";
import { type ReadOnlyOptions, readOnlySql } from "./read-only-query.ts";

export interface ReaderLimits extends ReadOnlyOptions {
  /** Rows at most; default 100,000. More is an error, so that nobody takes a part for the whole. */
  readonly maxRows?: number;
  /** Default 30. */
  readonly maxSeconds?: number;
  readonly signal?: AbortSignal;
}

/** A column of an answer: its name and ClickHouse type. */
interface ReaderColumn {
  readonly name: string;
  readonly type: string;
}

export interface ReaderAnswer {
  readonly columns: readonly ReaderColumn[];
  /** Values by column, in order; 64-bit integers and decimals are text. */
  readonly rows: readonly (readonly unknown[])[];
}

/**
 * Answers one question. `params` fill `{name:Type}`.
 * @throws WatchkeeperError `query_refused` (exit code 2) by the form check, `query_failed` or `query_too_large` by the
 *   server, otherwise as `classifyStoreError` says.
 */
export async function askReader(
  client: ClickHouseClient,
  sql: string,
  params: Readonly<Record<string, unknown>> = {},
  limits: ReaderLimits = {},
): Promise<ReaderAnswer> {
  const query = readOnlySql(sql, limits);
  try {
    const result = await client.query({
      query,
      query_params: params,
      format: "JSONCompact",
      ...(limits.signal && { abort_signal: limits.signal }),
      clickhouse_settings: {
        readonly: "1",
        // Replacing tables show one row an identity, roll-ups one row a cell, merged or not.
        final: 1,
        max_execution_time: limits.maxSeconds ?? 30,
        max_result_rows: String(limits.maxRows ?? 100_000),
        result_overflow_mode: "throw",
        output_format_json_quote_decimals: 1,
      },
    });
    const { meta, data } = await result.json<unknown[]>();
    return { columns: meta ?? [], rows: data };
  } catch (error) {
    throw questionError(error);
  }
}

/** Limits of time, memory and rows: the question is too large, and so it is on the next try. */
const TOO_LARGE = new Set(["158", "159", "241", "307", "396"]);

/** What the server says to a question is about the question, unless the server is not there. */
function questionError(error: unknown): WatchkeeperError {
  const classified = classifyStoreError(error);
  if (!(error instanceof ClickHouseError)) return classified;
  const isTooLarge = TOO_LARGE.has(error.code);
  if (classified.verdict === "retry" && !isTooLarge) return classified;
  return new WatchkeeperError(`The store cannot answer: ${error.message.trim()}`, {
    code: isTooLarge ? "query_too_large" : "query_failed",
    hint: isTooLarge
      ? "Ask about a shorter time, fewer agents, or with a LIMIT."
      : "DESCRIBE events lists its columns.",
    verdict: "poison",
    cause: error,
  });
}
