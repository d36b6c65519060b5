/**
 * The form of a question to the store. It is the first of two walls (the reader's grants and `readonly` are the
 * second), and the only one against what the engine does in spite of them: INTO OUTFILE, FROM INFILE and the scalar
 * function `file()`. What is not known to be harmless is refused.
 */
import { quoted, refuse } from "./query-refused.ts";
import { checkSources, READABLE } from "./query-sources.ts";
import { checkWord } from "./query-words.ts";
import { isName, isSymbol, type SqlToken, tokenize, wordOf } from "./sql-tokens.ts";

export interface ReadOnlyOptions {
  /** The database whose tables may be read; default `watchkeeper`. */
  readonly database?: string;
}

/**
 * The statement to run for a person's question: a SELECT comes back wrapped as `SELECT * FROM (…)`, DESCRIBE and
 * SHOW TABLES are built anew from what was recognised.
 * @throws WatchkeeperError `query_refused` (exit code 2) naming what was refused and why.
 */
export function readOnlySql(sql: string, { database = "watchkeeper" }: ReadOnlyOptions = {}): string {
  const tokens = oneStatement(sql);
  const first = wordOf(tokens[0]);
  if (first === "show") return showTables(tokens, database);
  if (first === "describe" || first === "desc") return describe(tokens, database);
  if (first !== "select" && first !== "with" && !isSymbol(tokens[0], "(")) {
    refuse(quoted(tokens[0]), "begins no question; SELECT, WITH, DESCRIBE and SHOW TABLES are answered");
  }
  checkBrackets(tokens);
  tokens.forEach((_, index) => {
    checkWord(tokens, index);
  });
  checkSources(tokens, database);
  const [from, to] = [(tokens[0] as SqlToken).from, (tokens.at(-1) as SqlToken).to];
  return `SELECT * FROM (${sql.slice(from, to)})`;
}

/** The tokens of exactly one statement; a semicolon at its end is allowed. */
function oneStatement(sql: string): SqlToken[] {
  const tokens = tokenize(sql);
  const odd = tokens.find((token) => token.kind === "broken");
  if (odd !== undefined) refuse(quoted(odd), "is not SQL, or a quote or comment that is never closed");
  while (tokens.at(-1)?.kind === "end") tokens.pop();
  if (tokens.some((token) => token.kind === "end")) refuse("it", "holds more than one statement");
  if (tokens.length === 0) refuse("it", "is empty");
  return tokens;
}

function checkBrackets(tokens: readonly SqlToken[]): void {
  let depth = 0;
  for (const token of tokens) {
    if (isSymbol(token, "(")) depth++;
    if (isSymbol(token, ")")) depth--;
    if (depth < 0) break;
  }
  // Else the question could close the brackets it is wrapped in.
  if (depth !== 0) refuse("it", "has a bracket without its other half");
}

function showTables(tokens: readonly SqlToken[], database: string): string {
  const isNamed = tokens.length === 4 && ["from", "in"].includes(wordOf(tokens[2])) && tokens[3]?.text === database;
  if (wordOf(tokens[1]) !== "tables" || (tokens.length !== 2 && !isNamed)) {
    refuse("SHOW", "is answered for TABLES only");
  }
  return `SHOW TABLES FROM ${database}`;
}

function describe(tokens: readonly SqlToken[], database: string): string {
  const rest = tokens.slice(wordOf(tokens[1]) === "table" ? 2 : 1);
  const isQualified = rest.length === 3 && rest[0]?.text === database && isSymbol(rest[1], ".");
  const table = rest.length === 1 ? rest[0] : isQualified ? rest[2] : undefined;
  if (!isName(table) || !READABLE.has(table.text)) {
    refuse("DESCRIBE", `is answered for ${[...READABLE].join(", ")}`);
  }
  return `DESCRIBE TABLE ${database}.${table.text}`;
}
