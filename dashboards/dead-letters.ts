/** `watchkeeper deadletters`: the refused lines, and what came of bringing them back. */
import type { DeadLetterRecord } from "../schemas/journal.ts";
import type { Ask, Row, TextOut } from "./ask.ts";
import { count, counted, moment } from "./format.ts";
import { cut, pad, plain } from "./plain-text.ts";
import { instantOf, momentOf } from "./query-parameters.ts";
import { jsonLine } from "./result-table.ts";

export interface DeadLetterFilter {
  /** ISO 8601 (UTC where it names no zone), `now-2h`; left out: all that are kept. */
  readonly since?: string;
  /** As in the letter: `http`, `http:KEY`, a topic's position. */
  readonly source?: string;
  /** Left out: whatever the id. */
  readonly ids?: readonly string[];
}

/** A refused line as it is stored; its bytes were redacted before. */
export interface StoredLetter extends Omit<DeadLetterRecord, "arrived_at"> {
  /** Unix ms. */
  readonly arrivedAt: number;
}

/** Letters of one answer: they may be 64 KiB each. */
const PAGE = 500;

export interface ReadLetters extends DeadLetterFilter {
  readonly ask: Ask;
  readonly order: "newest first" | "oldest first";
  /** Default: all. */
  readonly limit?: number;
  /** Unix ms. */
  readonly now: number;
}

/** Page by page: no limit on the rows of an answer cuts them, and nobody holds them all. */
export async function* readDeadLetters(options: ReadLetters): AsyncIterable<StoredLetter> {
  const { ask, order, since, source, ids, now, limit = Number.POSITIVE_INFINITY } = options;
  const [direction, beyond] = order === "newest first" ? ["DESC", "<"] : ["ASC", ">"];
  const filters = [
    ...(since === undefined ? [] : ["d.arrived_at >= {since:DateTime64(3,'UTC')}"]),
    ...(source === undefined ? [] : ["d.source = {source:String}"]),
    ...(ids === undefined ? [] : ["d.id IN {ids:Array(String)}"]),
  ];
  const given = { ...(source === undefined ? {} : { source }), ...(ids === undefined ? {} : { ids }) };
  const params = since === undefined ? given : { ...given, since: momentOf("--since", since, now) };
  let last: Row | undefined;
  for (let left = limit; left > 0; ) {
    const size = Math.min(PAGE, left);
    const after = last === undefined ? [] : [`(d.arrived_at, d.id) ${beyond} ({at:DateTime64(3,'UTC')}, {id:String})`];
    const where = [...filters, ...after].map((one) => `(${one})`).join(" AND ") || "1";
    const sql = `SELECT d.id AS id, d.arrived_at AS arrived_at, d.source AS source, d.line AS line, d.code AS code,
      d.reason AS reason, d.bytes AS bytes, d.encoding AS encoding, d.size AS size FROM dead_letters AS d
      WHERE ${where} ORDER BY d.arrived_at ${direction}, d.id ${direction} LIMIT ${size}`;
    let got = 0;
    for await (const row of ask(sql, {
      ...params,
      ...(last === undefined ? {} : { at: last.arrived_at, id: last.id }),
    })) {
      got += 1;
      last = row;
      yield letterOf(row);
    }
    if (got < size) return;
    left -= got;
  }
}

function letterOf(row: Row): StoredLetter {
  return {
    id: String(row.id),
    arrivedAt: instantOf(row.arrived_at),
    source: String(row.source),
    line: Number(row.line),
    code: String(row.code),
    reason: String(row.reason),
    bytes: String(row.bytes),
    encoding: row.encoding === "base64" ? "base64" : "utf8",
    size: Number(row.size),
  };
}

/** Of a line, where there is no terminal that sets the width; the whole is in JSON. */
const SHOWN_COLUMNS = 1_000;
const INDENT = 2;

/** One letter: when, why and from where, its id, and how its line begins; as JSON everything that is kept. */
function letterText(letter: StoredLetter, format: "text" | "json", timezone: string, columns: number): string {
  const { id, arrivedAt, source, line, code, reason, bytes, encoding, size } = letter;
  if (format === "json") return jsonLine({ ...letter, arrivedAt: new Date(arrivedAt).toISOString() });
  const kept = encoding === "utf8" ? bytes : Buffer.from(bytes, "base64").toString("latin1");
  return [
    `${moment(arrivedAt, timezone, "ccc d LLL HH:mm:ss")}  ${pad(plain(code), 20)} ${plain(reason)}`,
    `  ${plain(id)}  from ${plain(source)}, line ${line}, ${counted(size, "byte")}`,
    `  ${cut(plain(kept.slice(0, columns * 4)), Math.max(1, columns - INDENT))}\n`,
  ].join("\n");
}

/** Newest first. Returns how many there were. */
export async function listDeadLetters(
  options: Omit<ReadLetters, "order"> & { readonly format: "text" | "json"; timezone: string; readonly out: TextOut },
): Promise<number> {
  const { format, timezone, out } = options;
  let shown = 0;
  for await (const letter of readDeadLetters({ ...options, order: "newest first" })) {
    await out.write(letterText(letter, format, timezone, out.columns ?? SHOWN_COLUMNS));
    shown += 1;
  }
  if (shown === 0 && format === "text") await out.write("No dead letters.\n");
  if (shown === options.limit && format === "text") await out.write(`The newest ${count(shown)}; more with --limit.\n`);
  return shown;
}

/** What came of one letter, as a line of text. */
export function outcomeText(id: string, outcome: string, why: string): string {
  return `${pad(outcome, 13)} ${plain(id)}${why === "" ? "" : `  ${plain(why)}`}\n`;
}
