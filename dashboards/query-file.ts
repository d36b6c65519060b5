/** A question to the store as it stands in `dashboards/queries`: commented SQL with named parameters. */
import { WatchkeeperError } from "../schemas/errors.ts";

/** A parameter as its comment declares it: `-- @param name Type default`. */
export interface QueryParameter {
  readonly name: string;
  /** ClickHouse type, as in the placeholder `{name:Type}`. */
  readonly type: string;
  /** Text of the default; `now` and `now-7d` are moments. Undefined: it must be given. */
  readonly fallback: string | undefined;
}

/** One file. */
export interface QueryFile {
  /** The file's name without `.sql`; `query @name` runs it. */
  readonly name: string;
  /** The first line of the comment. */
  readonly title: string;
  /** The rest of the comment: what it answers and how to read it. */
  readonly about: string;
  readonly parameters: readonly QueryParameter[];
  /** Without the comment and without a semicolon. */
  readonly sql: string;
}

/** Reads one file. Throws code `invalid_query_file` when comment and placeholders do not agree. */
export function parseQueryFile(name: string, text: string): QueryFile {
  const lines = text.split(/\r?\n/);
  const end = lines.findIndex((line) => !line.startsWith("--"));
  const comment = lines.slice(0, end).map((line) => line.replace(/^--\s?/, ""));
  const sql = lines.slice(end).join("\n").trim().replace(/;$/, "");
  const parameters = comment.filter((line) => line.startsWith("@param")).map((line) => parameterOf(name, line));
  const [title = "", ...about] = comment.filter((line) => !line.startsWith("@param"));
  checkPlaceholders(name, sql, parameters);
  if (title === "") throw wrong(name, "the first line must be a comment that says what it answers");
  return { name, title, about: about.join(" ").trim(), parameters, sql };
}

function parameterOf(name: string, line: string): QueryParameter {
  const match = /^@param\s+(\w+)\s+(\S+)(?:\s+(.*\S))?\s*$/.exec(line);
  if (match === null) throw wrong(name, `"${line}" is not "@param name Type default"`);
  const fallback = match[3] === '""' ? "" : match[3];
  return { name: match[1] as string, type: match[2] as string, fallback };
}

/** Placeholders of a statement as `name:Type`. */
function placeholdersOf(sql: string): ReadonlySet<string> {
  return new Set([...sql.matchAll(/\{(\w+):([^{}]+)\}/g)].map((match) => `${match[1]}:${match[2]}`));
}

function checkPlaceholders(name: string, sql: string, parameters: readonly QueryParameter[]): void {
  const declared = new Set(parameters.map((parameter) => `${parameter.name}:${parameter.type}`));
  const used = placeholdersOf(sql);
  for (const each of used) if (!declared.has(each)) throw wrong(name, `{${each}} has no "@param" line`);
  for (const each of declared) if (!used.has(each)) throw wrong(name, `"@param" ${each} is not used`);
}

function wrong(name: string, what: string): WatchkeeperError {
  return new WatchkeeperError(`queries/${name}.sql: ${what}`, { code: "invalid_query_file" });
}
