/** What the front end must know of a statement before it runs it. */
import { isName, isSymbol, type SqlToken, tokenize, wordOf } from "../clickhouse/sql-tokens.ts";

export interface Statement {
  /** Without a closing FORMAT clause and semicolons. */
  readonly sql: string;
  /** The format of its FORMAT clause, when it has one. */
  readonly format: string | undefined;
  /** The engine can hand out its result piece by piece. */
  readonly isQuestion: boolean;
  /** It leaves something behind in its session. */
  readonly marksSession: boolean;
}

/** Recognises the closing FORMAT clause and the kind of a statement. An INSERT is left whole. */
export function readStatement(sql: string): Statement {
  const tokens = tokenize(sql);
  while (tokens.at(-1)?.kind === "end") tokens.pop();
  const first = wordOf(tokens[0]);
  const isInsert = first === "insert";
  const hasFormat = !isInsert && tokens.length > 2 && wordOf(tokens.at(-2)) === "format" && isName(tokens.at(-1));
  const last = hasFormat ? tokens.at(-3) : tokens.at(-1);
  const isBroken = tokens.some((token) => token.kind === "broken" || token.kind === "end");
  return {
    sql: isInsert || isBroken ? sql : sql.slice(0, last?.to ?? 0),
    format: hasFormat && !isBroken ? tokens.at(-1)?.text : undefined,
    isQuestion: !isBroken && (first === "select" || first === "with" || isSymbol(tokens[0], "(")),
    marksSession: isBroken || ["set", "use"].includes(first) || tokens.some((t) => wordOf(t) === "temporary"),
  };
}

/** Formats of lines whose pieces can be put together; others repeat a head or a foot in every piece. */
const LINE_FORMATS = new Set([
  "JSONEachRow",
  "JSONStringsEachRow",
  "JSONCompactEachRow",
  "JSONCompactStringsEachRow",
  "CSV",
  "TSV",
  "TabSeparated",
  "TSVRaw",
  "TabSeparatedRaw",
]);

export function isLineFormat(format: string): boolean {
  return LINE_FORMATS.has(format);
}

/** `INSERT INTO table (columns) FORMAT format`, whose data can be handed to the engine as bytes. */
export interface InsertHead {
  readonly table: string;
  readonly columns: readonly string[] | undefined;
  readonly format:
    | "JSONEachRow"
    | "JSONCompactEachRow"
    | "CSV"
    | "CSVWithNames"
    | "TabSeparated"
    | "TabSeparatedWithNames";
}

const INSERT_FORMATS: Readonly<Record<string, InsertHead["format"]>> = {
  JSONEachRow: "JSONEachRow",
  JSONCompactEachRow: "JSONCompactEachRow",
  CSV: "CSV",
  CSVWithNames: "CSVWithNames",
  TSV: "TabSeparated",
  TabSeparated: "TabSeparated",
  TSVWithNames: "TabSeparatedWithNames",
  TabSeparatedWithNames: "TabSeparatedWithNames",
};

function isPlain(token: SqlToken | undefined): token is SqlToken {
  return isName(token) && /^[A-Za-z_]\w*$/.test(token.text);
}

/** The parts of a plain insert; undefined for any other statement or spelling. */
export function readInsertHead(sql: string): InsertHead | undefined {
  const tokens = tokenize(sql);
  if (wordOf(tokens[0]) !== "insert" || wordOf(tokens[1]) !== "into") return undefined;
  let at = wordOf(tokens[2]) === "table" ? 3 : 2;
  const path: string[] = [];
  for (; isPlain(tokens[at]); at++) {
    path.push((tokens[at] as SqlToken).text);
    if (!isSymbol(tokens[at + 1], ".")) break;
    at++;
  }
  at++;
  let columns: string[] | undefined;
  if (isSymbol(tokens[at], "(")) {
    columns = [];
    do {
      at++;
      if (!isPlain(tokens[at])) return undefined;
      columns.push((tokens[at] as SqlToken).text);
      at++;
    } while (isSymbol(tokens[at], ","));
    if (!isSymbol(tokens[at], ")")) return undefined;
    at++;
  }
  const format = INSERT_FORMATS[tokens[at + 1]?.text ?? ""];
  const isWhole = wordOf(tokens[at]) === "format" && tokens.length === at + 2;
  if (!isWhole || format === undefined || path.length === 0 || path.length > 2) return undefined;
  return { table: path.join("."), columns, format };
}
