/** The questions that come with Watchkeeper: found, listed, and made ready to ask. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { closest, distance } from "fastest-levenshtein";
import { WatchkeeperError } from "../schemas/errors.ts";
import { parseQueryFile, type QueryFile } from "./query-file.ts";
import { bindParameters, type GivenParameters } from "./query-parameters.ts";

/** The questions by name. */
export interface QueryCatalog {
  readonly queries: readonly QueryFile[];
  /** Where their SQL is. */
  readonly folder: string;
  /** Throws code `unknown_query` (exit code 2) with the nearest name and the list. */
  find(name: string): QueryFile;
}

/** A statement with its parameters, as `Ask` takes them. */
export interface ReadyQuery {
  readonly sql: string;
  readonly params: Record<string, unknown>;
}

/** Reads every question of a folder; the default is the one that the package brings. */
export function openQueryCatalog(folder: string = packagedQueries()): QueryCatalog {
  const queries = readdirSync(folder)
    .filter((file) => file.endsWith(".sql"))
    .sort()
    .map((file) => parseQueryFile(file.slice(0, -4), readFileSync(join(folder, file), "utf8")));
  return {
    queries,
    folder,
    find(name) {
      const found = queries.find((query) => query.name === name);
      if (found !== undefined) return found;
      const names = queries.map((query) => query.name);
      const nearest = closest(name, names);
      const near = distance(name, nearest) * 2 > name.length ? "" : ` Did you mean @${nearest}?`;
      const what = name === "" ? "Which question?" : `There is no question @${name}.${near}`;
      throw new WatchkeeperError(`${what}\n${listQueries(queries)}`, { code: "unknown_query", exitCode: 2 });
    },
  };
}

/** The named question with what was given and the defaults for the rest. `now` in Unix ms. */
export function readyQuery(query: QueryFile, given: GivenParameters, now: number): ReadyQuery {
  return { sql: query.sql, params: bindParameters(query.name, query.parameters, given, now) };
}

/** One line a question: its name, its title, its parameters. */
function listQueries(queries: readonly QueryFile[]): string {
  const width = Math.max(...queries.map((query) => query.name.length));
  return queries
    .map((query) => {
      const names = query.parameters.map(({ name, fallback }) => (fallback === undefined ? `${name} (needed)` : name));
      return `  @${query.name.padEnd(width)}  ${query.title}${names.length === 0 ? "" : `  [${names.join(", ")}]`}`;
    })
    .join("\n");
}

/** What `query @` says: every question, how one is run, and where its SQL is. */
export function catalogText({ queries, folder }: QueryCatalog): string {
  const how = `Run one: watchkeeper query @NAME --param name=value. Its SQL: ${join(folder, "NAME.sql")}`;
  return `${listQueries(queries)}\n\n${how}\n`;
}

/** `dashboards/queries` of this package, from the sources as well as from `dist`. */
function packagedQueries(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json"))) {
    const parent = dirname(folder);
    if (parent === folder) throw new WatchkeeperError("The package's root is not found.", { code: "broken_install" });
    folder = parent;
  }
  return join(folder, "dashboards", "queries");
}
