/** Which tables a question reads: every source after FROM, JOIN, a comma between sources, or IN must be known. */
import { TABLES } from "../../schemas/clickhouse/tables.ts";
import { quoted, refuse } from "./query-refused.ts";
import { isColumnsTable } from "./query-words.ts";
import { isName, isSymbol, type SqlToken, wordOf } from "./sql-tokens.ts";

/** Tables that may be read. */
export const READABLE: ReadonlySet<string> = new Set([...Object.values(TABLES), "schema_migrations"]);

/** Table functions that make rows out of their arguments only. */
const HARMLESS_FUNCTIONS = /^(numbers|numbers_mt|zeros|generate_?series|values|view)$/;

/** Words that end a list of sources. */
const AFTER_SOURCES =
  /^(select|where|prewhere|group|order|having|limit|union|intersect|except|window|qualify|offset|fetch)$/;

/** One level of brackets. `list`: what a comma separates there. */
interface Level {
  list: "values" | "sources";
  expectSource: boolean;
  /** The bracket stands where a table could: it must hold a question. */
  readonly mustSelect: boolean;
}

/** Names given by WITH name AS (…). */
function commonTables(tokens: readonly SqlToken[]): Set<string> {
  const names = new Set<string>();
  tokens.forEach((token, index) => {
    const isNamed = wordOf(tokens[index + 1]) === "as" && isSymbol(tokens[index + 2], "(");
    if (isName(token) && isNamed && /^[A-Za-z_]\w*$/.test(token.text)) names.add(token.text);
  });
  return names;
}

/** Refuses every source that is not a table of `database`, a WITH name, `system.columns` or a harmless function. */
export function checkSources(tokens: readonly SqlToken[], database: string): void {
  const named = commonTables(tokens);
  const levels: Level[] = [{ list: "values", expectSource: false, mustSelect: false }];
  tokens.forEach((token, index) => {
    const level = levels.at(-1) as Level;
    if (level.expectSource) {
      level.expectSource = false;
      if (!isSymbol(token, "(")) checkSource(tokens, index, database, named);
      else levels.push({ list: "values", expectSource: false, mustSelect: true });
    } else if (isSymbol(token, "(")) {
      if (level.mustSelect && isFirst(tokens, index)) levels.push({ ...level });
      else levels.push({ list: "values", expectSource: false, mustSelect: false });
    } else if (isSymbol(token, ")")) {
      if (levels.length > 1) levels.pop();
    } else {
      if (level.mustSelect && isFirst(tokens, index) && !["select", "with"].includes(wordOf(token))) {
        refuse(`${quoted(token)} in brackets`, "stands where a table or a SELECT belongs");
      }
      follow(level, tokens, index, () => checkMembership(tokens, index, database, named));
    }
  });
}

/** Whether only the opening bracket of this level stands before the token. */
function isFirst(tokens: readonly SqlToken[], index: number): boolean {
  return isSymbol(tokens[index - 1], "(");
}

function follow(level: Level, tokens: readonly SqlToken[], index: number, membership: () => void): void {
  const word = wordOf(tokens[index]);
  if (word === "from") {
    level.list = "sources";
    level.expectSource = true;
  } else if (word === "join") {
    const isArrayJoin = wordOf(tokens[index - 1]) === "array";
    level.list = isArrayJoin ? "values" : "sources";
    level.expectSource = !isArrayJoin;
  } else if (word === "using" && level.list === "sources" && !isSymbol(tokens[index + 1], "(")) {
    refuse("USING", "needs brackets around its columns");
  } else if (AFTER_SOURCES.test(word)) {
    level.list = "values";
  } else if (isSymbol(tokens[index], ",") && level.list === "sources") {
    level.expectSource = true;
  } else if (word === "in") {
    membership();
  }
}

/** `x IN table`, also in brackets, reads that table. */
function checkMembership(
  tokens: readonly SqlToken[],
  index: number,
  database: string,
  named: ReadonlySet<string>,
): void {
  let at = index + 1;
  while (isSymbol(tokens[at], "(")) at++;
  if (!isName(tokens[at]) || ["select", "with"].includes(wordOf(tokens[at]))) return;
  let to = at + 1;
  while (isSymbol(tokens[to], ".")) to += 2;
  const isAlone = at === index + 1 || isSymbol(tokens[to], ")");
  // A call makes a value: IN tuple(1, 2), IN [1, 2].
  if (isAlone && !isSymbol(tokens[to], "(")) checkSource(tokens, at, database, named);
}

function checkSource(tokens: readonly SqlToken[], index: number, database: string, named: ReadonlySet<string>): void {
  const token = tokens[index];
  const isQualified = isSymbol(tokens[index + 1], ".");
  const name = isQualified ? tokens[index + 2] : token;
  if (isName(token) && isName(name) && !isSymbol(tokens[index + (isQualified ? 3 : 1)], ".")) {
    if (isQualified && isColumnsTable(tokens, index)) return;
    if (isQualified && token.text === database && READABLE.has(name.text)) return;
    const isCall = isSymbol(tokens[index + 1], "(");
    if (!isQualified && isCall && HARMLESS_FUNCTIONS.test(wordOf(token))) return;
    if (!isQualified && !isCall && (READABLE.has(name.text) || named.has(name.text))) return;
  }
  const shown = isQualified ? `${quoted(token)}.${quoted(name)}` : quoted(token);
  refuse(`the source ${shown}`, `is no table of Watchkeeper (${[...READABLE].join(", ")})`);
}
