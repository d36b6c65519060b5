/** Answers as a table for people, as JSON lines, or as CSV; the latter two hold one row at a time. */
import Table from "cli-table3";
import type { Row, TextOut } from "./ask.ts";
import { cut, plain, visible } from "./plain-text.ts";

export type ResultFormat = "table" | "json" | "csv";

/** Rows that a table shows at most: it must be held to be laid out. */
const TABLE_ROWS = 10_000;

/** On a terminal; elsewhere a cell is only bounded, because all are padded to the widest. */
const CELL_COLUMNS = 60;
const FILE_CELL_COLUMNS = 1_000;

/** Writes all rows and says how many there were. */
export async function writeResult(rows: AsyncIterable<Row>, format: ResultFormat, out: TextOut): Promise<number> {
  switch (format) {
    case "table":
      return await writeTable(rows, out);
    case "json":
      return await each(rows, out, (row) => jsonLine(row));
    case "csv":
      return await each(rows, out, csvLines());
  }
}

/** One JSON object a line, or over several with an indent; what a terminal would obey stays escaped. */
export function jsonLine(value: unknown, indent = 0): string {
  return `${JSON.stringify(value, null, indent).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (odd) => (odd === "\n" ? odd : escaped(odd)))}\n`;
}

function escaped(character: string): string {
  return Array.from({ length: character.length }, (_, index) => {
    return `\\u${character.charCodeAt(index).toString(16).padStart(4, "0")}`;
  }).join("");
}

async function each(rows: AsyncIterable<Row>, out: TextOut, line: (row: Row) => string): Promise<number> {
  let count = 0;
  for await (const row of rows) {
    await out.write(line(row));
    count += 1;
  }
  return count;
}

/** RFC 4180: CRLF, names first, quotes where needed. NULL is an empty field, empty text is "". */
function csvLines(): (row: Row) => string {
  let isFirst = true;
  return (row) => {
    const names = isFirst ? `${Object.keys(row).map(csvField).join(",")}\r\n` : "";
    isFirst = false;
    return `${names}${Object.values(row).map(csvField).join(",")}\r\n`;
  };
}

function csvField(value: unknown): string {
  if (value === null || value === undefined) return "";
  const text = visible(textOf(value));
  return text === "" || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

async function writeTable(rows: AsyncIterable<Row>, out: TextOut): Promise<number> {
  const held: Row[] = [];
  let count = 0;
  for await (const row of rows) {
    if (held.length < TABLE_ROWS) held.push(row);
    count += 1;
  }
  const first = held[0];
  if (first === undefined) {
    await out.write("No rows.\n");
    return 0;
  }
  const names = Object.keys(first);
  const colAligns = names.map((name) => (held.every((row) => isNumeric(row[name])) ? "right" : "left"));
  const table = new Table({ head: names.map(plain), colAligns, style: { head: [], border: [], compact: true } });
  const width = out.columns === undefined ? FILE_CELL_COLUMNS : CELL_COLUMNS;
  for (const row of held) table.push(names.map((name) => cell(row[name], width)));
  const more = count > held.length ? `\n… and ${count - held.length} more rows; --format json or csv shows all.` : "";
  await out.write(`${table.toString()}${more}\n`);
  return count;
}

function cell(value: unknown, width: number): string {
  return value === null || value === undefined ? "NULL" : cut(plain(textOf(value)), width);
}

function isNumeric(value: unknown): boolean {
  if (value === null || typeof value === "number") return true;
  return typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value);
}

function textOf(value: unknown): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
