/** Splits SQL into tokens as ClickHouse's lexer does, as far as strings, quoted names and comments are concerned. */

export interface SqlToken {
  /** `word`: a bare name or keyword; `name`: a quoted name; `end`: a semicolon; `broken`: an open quote or comment. */
  readonly kind: "word" | "name" | "string" | "number" | "symbol" | "end" | "broken";
  /** Words and symbols as written; the unquoted text of a quoted name; the raw text of strings. */
  readonly text: string;
  /** Offsets in the SQL. */
  readonly from: number;
  readonly to: number;
}

const SPACE = /\s/;
const WORD_START = /[A-Za-z_]/;
const WORD = /[A-Za-z0-9_$]/;
const DIGIT = /[0-9]/;

/** Index after the closing quote, or -1. A quote is escaped by a backslash or by doubling. */
function closeQuote(sql: string, from: number, quote: string): number {
  for (let i = from + 1; i < sql.length; i++) {
    if (sql[i] === "\\") i++;
    else if (sql[i] === quote) {
      if (sql[i + 1] !== quote) return i + 1;
      i++;
    }
  }
  return -1;
}

function unquote(text: string, quote: string): string {
  return text
    .slice(1, -1)
    .replaceAll(quote + quote, quote)
    .replace(/\\(.)/gs, "$1");
}

/** Index after a comment that starts at `from`; -1 when it never ends, undefined when there is none. */
function skipComment(sql: string, from: number): number | undefined {
  const two = sql.slice(from, from + 2);
  if (two === "--" || two === "#!" || two === "# ") {
    const end = sql.indexOf("\n", from);
    return end < 0 ? sql.length : end + 1;
  }
  if (two !== "/*") return undefined;
  // Comments do not nest in every version, so a nested opening is taken as a broken comment by the caller's check.
  const end = sql.indexOf("*/", from + 2);
  return end < 0 || sql.slice(from + 2, end).includes("/*") ? -1 : end + 2;
}

function runOf(sql: string, from: number, chars: RegExp): number {
  let to = from;
  while (to < sql.length && chars.test(sql[to] as string)) to++;
  return to;
}

/** The tokens of a text; comments and white space are left out. Anything odd becomes a `broken` token at the end. */
export function tokenize(sql: string): SqlToken[] {
  const tokens: SqlToken[] = [];
  let at = 0;
  while (at < sql.length) {
    const char = sql[at] as string;
    if (SPACE.test(char)) {
      at++;
      continue;
    }
    const comment = skipComment(sql, at);
    if (comment !== undefined && comment >= 0) {
      at = comment;
      continue;
    }
    const token = comment === -1 ? broken(sql, at) : next(sql, at, char);
    tokens.push(token);
    if (token.kind === "broken") break;
    at = token.to;
  }
  return tokens;
}

function broken(sql: string, from: number): SqlToken {
  return { kind: "broken", text: sql.slice(from, from + 20), from, to: sql.length };
}

function next(sql: string, from: number, char: string): SqlToken {
  const token = (kind: SqlToken["kind"], to: number, text = sql.slice(from, to)): SqlToken => ({
    kind,
    text,
    from,
    to,
  });
  if (WORD_START.test(char)) return token("word", runOf(sql, from, WORD));
  if (DIGIT.test(char)) return token("number", runOf(sql, from, /[0-9A-Za-z_.]/));
  if (char === "'" || char === '"' || char === "`") {
    const to = closeQuote(sql, from, char);
    if (to < 0) return broken(sql, from);
    return char === "'" ? token("string", to) : token("name", to, unquote(sql.slice(from, to), char));
  }
  if (char === ";") return token("end", from + 1);
  // Heredocs ($tag$…$tag$), typographic quotes and control characters have no place in a question.
  return /[\x21-\x7e]/.test(char) && char !== "$" && char !== "\\" ? token("symbol", from + 1) : broken(sql, from);
}

/** The word in lower case when the token is a bare one, else empty. */
export function wordOf(token: SqlToken | undefined): string {
  return token?.kind === "word" ? token.text.toLowerCase() : "";
}

export function isSymbol(token: SqlToken | undefined, text: string): boolean {
  return token?.kind === "symbol" && token.text === text;
}

/** Whether the token can be an identifier, bare or quoted. */
export function isName(token: SqlToken | undefined): token is SqlToken {
  return token?.kind === "word" || token?.kind === "name";
}
