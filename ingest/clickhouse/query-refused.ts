/** The one error of the form check. */
import { WatchkeeperError } from "../../schemas/errors.ts";
import type { SqlToken } from "./sql-tokens.ts";

/** Throws `query_refused` (exit code 2): what of the query, and why. */
export function refuse(what: string, why: string): never {
  throw new WatchkeeperError(`This query is refused: ${what} ${why}.`, {
    code: "query_refused",
    hint: "Ask with one SELECT over the tables of Watchkeeper, DESCRIBE, SHOW TABLES, or system.columns.",
    verdict: "poison",
    exitCode: 2,
  });
}

/** A token as it is shown in the message. */
export function quoted(token: SqlToken | undefined): string {
  return `"${(token?.text ?? "the end").slice(0, 40)}"`;
}
