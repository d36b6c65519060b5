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
  /** Width of the terminal; undefined where there is none: a file or a pipe. */
  readonly columns?: number | undefined;
  /** Resolves when more may be written. */
  write(text: string): Promise<void>;
}

const WHOLE = /^(?:Nullable\()?U?Int(?:64|128|256)\)?$/;

/**
 * Rows from ClickHouse's format JSONCompactEachRowWithNamesAndTypes with 64-bit integers and decimals quoted
 * (`output_format_json_quote_64bit_integers`, `output_format_json_quote_decimals`): exact, whatever the size.
 */
export async function* rowsFromCompact(lines: AsyncIterable<readonly unknown[]>): AsyncIterable<Row> {
  let names: readonly unknown[] | undefined;
  let isWhole: readonly boolean[] | undefined;
  for await (const line of lines) {
    if (names === undefined) names = line;
    else if (isWhole === undefined) isWhole = line.map((type) => WHOLE.test(String(type)));
    else yield rowOf(names, isWhole, line);
  }
}

function rowOf(names: readonly unknown[], isWhole: readonly boolean[], values: readonly unknown[]): Row {
  const row: Record<string, unknown> = Object.create(null);
  names.forEach((name, index) => {
    const value = values[index];
    const isShort = isWhole[index] === true && typeof value === "string" && Number.isSafeInteger(Number(value));
    row[String(name)] = isShort ? Number(value) : value;
  });
  return row;
}
