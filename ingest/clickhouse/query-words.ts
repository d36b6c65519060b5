/** Words and functions that have no place in a question, wherever they stand. */
import { quoted, refuse } from "./query-refused.ts";
import { isName, isSymbol, type SqlToken, wordOf } from "./sql-tokens.ts";

/** Clauses that write, read elsewhere or lift limits; APPLY calls a function without its brackets. */
const REFUSED_WORDS = new Set(["into", "outfile", "infile", "settings", "format", "apply"]);

/** Databases of the server itself. */
const SERVER_DATABASES = /^(system|information_schema|_temporary_and_external_tables)$/i;

/** Functions that reach files, the network, other tables or settings, or only waste time. */
const REFUSED_FUNCTIONS = new RegExp(
  `^(${[
    "file.*",
    "url|urlcluster",
    "remote.*",
    "s3.*|gcs.*|azure.*|hdfs.*|iceberg.*|deltalake.*|hudi.*|paimon.*|oss|cosn",
    "mysql|postgresql|mongodb|redis|sqlite|odbc|jdbc|ytsaurus|arrowflight|prometheus.*|timeseries(selector|data|tags|metrics)",
    "executable.*|python|input|cluster.*|merge|mergetree.*|loop|fuzz.*|generaterandom",
    "dict.*|joinget.*|hascolumnintable|catboost.*|evalmlmethod",
    "sleep.*|getsetting.*|getserver.*|getmacro|getclienthttpheader|showcertificate|addressto.*|demangle|llm.*|ai",
    "notin|globalin|globalnotin|nullin|notnullin|globalnullin|globalnotnullin|.*inignoreset",
  ].join("|")})$`,
);

/** Whether a value stands before `index`, so that a following IN is the operator and not the function `in(x, table)`. */
function isOperator(tokens: readonly SqlToken[], index: number): boolean {
  const before = tokens[index - 1];
  if (["not", "global"].includes(wordOf(before))) return isOperator(tokens, index - 1);
  if (before === undefined || before.kind === "end") return false;
  if (before.kind === "symbol") return [")", "]", "}", "*"].includes(before.text);
  return !/^(select|where|and|or|by|having|when|then|else|case|on|distinct|prewhere|qualify)$/.test(wordOf(before));
}

/** Refuses the token at `index` for what it is, wherever it stands. */
export function checkWord(tokens: readonly SqlToken[], index: number): void {
  const token = tokens[index];
  const following = tokens[index + 1];
  if (!isName(token)) return;
  const text = token.text.toLowerCase();
  const isCall = isSymbol(following, "(");
  // A function may be called like a clause: format('{}', tool).
  if (token.kind === "word" && REFUSED_WORDS.has(text) && !(text === "format" && isCall)) {
    refuse(text.toUpperCase(), "has no place in a question; put backticks around it if it is a name");
  }
  if (SERVER_DATABASES.test(text) && isSymbol(following, ".") && !isColumnsTable(tokens, index)) {
    refuse(
      `${quoted(token)}.${quoted(tokens[index + 2])}`,
      "is not readable here; of the server only system.columns is",
    );
  }
  if (isCall && REFUSED_FUNCTIONS.test(text)) {
    refuse(`the function ${quoted(token)}`, "reaches outside the tables of Watchkeeper");
  }
  if (text === "in" && isCall && (token.kind === "name" || !isOperator(tokens, index))) {
    refuse("the function in()", "can read any table; use the operator IN");
  }
}

/** `system.columns`, and nothing longer. */
export function isColumnsTable(tokens: readonly SqlToken[], index: number): boolean {
  return tokens[index]?.text === "system" && tokens[index + 2]?.text === "columns" && !isSymbol(tokens[index + 3], ".");
}
