/** The review's questions, asked through the catalogue, with their rows as typed values. */
import type { Ask, Row } from "../ask.ts";
import { openQueryCatalog, readyQuery } from "../query-catalog.ts";
import { type GivenParameters, instantOf } from "../query-parameters.ts";

/** Asks one question of the catalogue by name and holds its rows. */
export type AskNamed = (name: string, given?: GivenParameters) => Promise<readonly Row[]>;

export function askNamed(ask: Ask, now: number): AskNamed {
  const catalog = openQueryCatalog();
  return async (name, given = {}) => {
    const { sql, params } = readyQuery(catalog.find(name), given, now);
    const rows: Row[] = [];
    for await (const row of ask(sql, params)) rows.push(row);
    return rows;
  };
}

/** Rows by the text in one of their columns. */
export function groupBy(rows: readonly Row[], column: string): ReadonlyMap<string, readonly Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = textIn(row, column);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return groups;
}

export function textIn(row: Row, column: string): string {
  return String(row[column] ?? "");
}

export function numberIn(row: Row, column: string): number {
  return Number(row[column] ?? 0);
}

/** ISO 8601; null for NULL. */
export function isoIn(row: Row, column: string): string | null {
  return row[column] === null || row[column] === undefined ? null : new Date(instantOf(row[column])).toISOString();
}
