/** The port to the store: what this room needs from whoever opened it. */

/**
 * One row by column name. Whole numbers that a double holds are numbers, greater ones and decimals are text, instants
 * are "2026-01-27 14:32:15.000" (UTC), arrays are arrays, NULL is null.
 */
export type Row = Readonly<Record<string, unknown>>;

/**
 * Asks one read-only question. `params` fill ClickHouse placeholders `{name:Type}`: text, numbers or arrays of them.
 * Rows arrive as they come; nothing is held. Rejects with a WatchkeeperError when the store cannot answer.
 */
export type Ask = (sql: string, params: Record<string, unknown>) => AsyncIterable<Row>;

/** Where text goes: standard output, or a test. */
export interface TextOut {
  /** Resolves when more may be written. */
  write(text: string): Promise<void>;
}

const WHOLE = /^(?:Nullable\()?U?Int(?:64|128|256)\)?$/;

/** A column of an answer: its name and its ClickHouse type. */
export interface AnswerColumn {
  readonly name: string;
  readonly type: string;
}

/**
 * Rows from values by column, as ClickHouse's compact JSON formats give them with 64-bit integers and decimals quoted:
 * exact, whatever the size.
 */
export async function* rowsOf(
  columns: readonly AnswerColumn[],
  rows: Iterable<readonly unknown[]> | AsyncIterable<readonly unknown[]>,
): AsyncIterable<Row> {
  const isWhole = columns.map(({ type }) => WHOLE.test(type));
  for await (const values of rows) {
    const row: Record<string, unknown> = Object.create(null);
    columns.forEach(({ name }, index) => {
      const value = values[index];
      const isShort = isWhole[index] === true && typeof value === "string" && Number.isSafeInteger(Number(value));
      row[name] = isShort ? Number(value) : value;
    });
    yield row;
  }
}
