/** The same error under other arguments: what varies is taken out of its text. */
import type { EventRecord } from "../../schemas/journal.ts";

/** Characters of an error that are looked at, and kept. */
const READ = 240;
const KEPT = 60;

/** Quoted names, addresses, paths, long words with digits in them (identities, keys) and numbers. */
const QUOTED = /"[^"]*"|'[^']{2,}'|`[^`]*`/g;
const PLACE = /\S+@\S+|\S*:\/\/\S+|\/\S+/g;
const TOKEN = /[\w+=-]*\d[\w+=-]*/g;
const LONG = /\S{25,}/g;

/** One text for all forms of an error; made of nothing that could be a name, an address or a key. Empty: unknown. */
export function errorText({ error, response_code: code }: EventRecord): string {
  if (error === undefined) return code === undefined ? "" : `response code ${code}`;
  return error
    .slice(0, READ)
    .replace(QUOTED, "…")
    .replace(PLACE, "…")
    .replace(LONG, "…")
    .replace(TOKEN, (token) => (/^\d{3}$/.test(token) ? token : "…"))
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, KEPT);
}
