/** Rows of one partition that wait to be sent together. Bounded by its owner, who asks `rows`, `bytes` and `records`. */
import type { LogAppend } from "../log/event-log.ts";
import { partsOf, type Range } from "./range.ts";
import type { RefusedRecord } from "./refused-letter.ts";
import type { Row } from "./row.ts";

/** A row and what it was built from, kept in case the store refuses it. */
export interface PendingRow extends Row {
  readonly record: RefusedRecord;
}

export class Batch {
  readonly rows: PendingRow[] = [];
  /** Dead letters of records that nobody can read. */
  readonly letters: LogAppend[] = [];
  readonly skip: number[] = [];
  from = -1;
  to = -1;
  records = 0;
  /** Of all rows, characters taken for bytes. */
  bytes = 0;
  /** Rows of history that was brought in. */
  backfillRows = 0;

  get isEmpty(): boolean {
    return this.records === 0;
  }

  /** Takes the record's offset in; call it once for each, before its row. */
  cover(offset: number): void {
    if (this.isEmpty) this.from = offset;
    this.to = offset;
    this.records += 1;
  }

  add(row: PendingRow): void {
    this.rows.push(row);
    if (row.backfill) this.backfillRows += 1;
    this.bytes += row.text.head.length + (row.text.own?.length ?? 0);
  }

  /** The range as it is stated before anything is sent. */
  range(): Range {
    const tables = new Set(this.rows.map((row) => row.table));
    return { from: this.from, to: this.to, skip: this.skip, parts: partsOf(this.from, this.to, tables) };
  }
}
