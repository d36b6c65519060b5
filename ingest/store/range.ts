/**
 * A batch of the store is a stated range of offsets of one partition. What is stated is durable before the first row
 * is sent, so that after a crash the same rows go out again under the same tokens, and the store knows them.
 */

import { TABLES, type TableName } from "../../schemas/clickhouse/tables.ts";
import { WatchkeeperError } from "../../schemas/errors.ts";
import { TOPICS, type Topic } from "../../schemas/topics.ts";
import type { StatePut } from "../log/event-log.ts";

/** One insert: the rows of one table whose offsets lie within `from`..`to` (both included). */
export interface Part {
  readonly table: TableName;
  readonly from: number;
  readonly to: number;
}

export interface Range {
  readonly from: number;
  readonly to: number;
  /** Offsets of repeats in the range: they have no row, however much the repeat filter remembers next time. */
  readonly skip: readonly number[];
  /** Inserts that are not known to be done, in order. */
  readonly parts: readonly Part[];
}

/** The same rows have the same token; ClickHouse takes a token once. */
export function tokenOf(topic: Topic, partition: number, part: Part): string {
  return `${topic}/${partition}/${part.from}-${part.to}/${part.table}`;
}

/** Both halves of a part, by rows. `offsets`: those of its rows, ascending, at least two. */
export function halvesOf(part: Part, offsets: readonly number[]): [Part, Part] {
  const middle = offsets[offsets.length >> 1] as number;
  return [
    { ...part, to: middle - 1 },
    { ...part, from: middle },
  ];
}

const VERSION = 1;
const keyOf = (topic: Topic) => `range:${topic}`;

/** What states the range durably, in the partition's own state. */
export function rangePut(topic: Topic, range: Range): StatePut {
  const { from, to, skip, parts } = range;
  return {
    topic: TOPICS.storeState,
    key: keyOf(topic),
    value: JSON.stringify({ version: VERSION, from, to, skip, parts }),
  };
}

/**
 * The range that was stated last, if its offset was never committed.
 * @throws WatchkeeperError `state_newer`.
 */
export function pendingRange(
  topic: Topic,
  committed: number,
  state: readonly (readonly [key: string, value: Buffer])[],
): Range | undefined {
  const value = state.find(([key]) => key === keyOf(topic))?.[1];
  if (value === undefined) return undefined;
  const { version, ...range } = JSON.parse(value.toString()) as Range & { readonly version: number };
  if (version > VERSION) {
    throw new WatchkeeperError(`The store's position in ${topic} was written by a later version of this program.`, {
      code: "state_newer",
      hint: "Start the version that wrote it, or a later one.",
    });
  }
  return range.to >= committed ? range : undefined;
}

/** One part for each table that has rows in the range. */
export function partsOf(from: number, to: number, tables: ReadonlySet<TableName>): Part[] {
  return Object.values(TABLES)
    .filter((table) => tables.has(table))
    .map((table) => ({ table, from, to }));
}
