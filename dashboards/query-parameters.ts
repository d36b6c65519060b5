/** Values for placeholders: `--param k=v`, defaults, and moments. */
import { DateTime } from "luxon";
import { WatchkeeperError } from "../schemas/errors.ts";
import type { QueryParameter } from "./query-file.ts";

/** Values by name; text is converted to the placeholder's type. */
export type GivenParameters = Readonly<Record<string, unknown>>;

const UNIT = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

/** `k=v` texts to values. Throws code `invalid_parameter` (exit code 2) for a text without `=` or a repeated name. */
export function parseParameters(texts: readonly string[]): Record<string, string> {
  const values: Record<string, string> = Object.create(null);
  for (const text of texts) {
    const match = /^(\w+)=(.*)$/s.exec(text);
    if (match === null) throw wrong(`"${text}" is not name=value`);
    const name = match[1] as string;
    if (name in values) throw wrong(`"${name}" is given twice`);
    values[name] = match[2] as string;
  }
  return values;
}

/** What was given, in the types of the placeholders, and defaults for the rest. */
export function bindParameters(
  query: string,
  parameters: readonly QueryParameter[],
  given: GivenParameters,
  now: number,
): Record<string, unknown> {
  const known = parameters.map((parameter) => parameter.name);
  for (const name of Object.keys(given)) {
    const hint = known.length === 0 ? "it takes none" : `it takes ${known.join(", ")}`;
    if (!known.includes(name)) throw wrong(`@${query} has no parameter "${name}"; ${hint}`);
  }
  return Object.fromEntries(
    parameters.map((parameter) => {
      const value = given[parameter.name] ?? parameter.fallback;
      if (value === undefined) throw wrong(`@${query} needs --param ${parameter.name}=… (${parameter.type})`);
      return [parameter.name, typeof value === "string" ? typed(parameter, value, now) : value];
    }),
  );
}

function typed({ name, type }: QueryParameter, text: string, now: number): unknown {
  if (type.startsWith("DateTime")) return momentOf(`"${name}"`, text, now);
  if (/^Array\(String\)$/.test(type)) return text === "" ? [] : text.split(",").map((part) => part.trim());
  if (/^(U?Int|Float|Decimal)/.test(type) && !/^-?\d+(\.\d+)?$/.test(text)) throw wrong(`"${name}" must be a number`);
  return text;
}

/** `now`, `now-7d`, or ISO 8601 (UTC where it names no zone), as ClickHouse reads it; `name` is what a mistake calls it. */
export function momentOf(name: string, text: string, now: number): string {
  const relative = /^now(?:-(\d{1,6})([mhdw]))?$/.exec(text);
  if (relative !== null) {
    const back = relative[1] === undefined ? 0 : Number(relative[1]) * UNIT[relative[2] as keyof typeof UNIT];
    return instantText(now - back);
  }
  const date = DateTime.fromISO(text.trim().replace(" ", "T"), { zone: "utc" });
  if (!date.isValid) throw wrong(`${name} must be a time such as 2026-11-16T08:00:00Z, 2026-11-16, now or now-7d`);
  return instantText(date.toMillis());
}

/** A moment as a parameter of type DateTime64(3,'UTC'). */
export function instantText(ms: number): string {
  return DateTime.fromMillis(ms, { zone: "utc" }).toFormat("yyyy-MM-dd HH:mm:ss.SSS");
}

/** An instant of a row, as Unix milliseconds. */
export function instantOf(value: unknown): number {
  return Date.parse(`${String(value).replace(" ", "T")}Z`);
}

function wrong(message: string): WatchkeeperError {
  return new WatchkeeperError(message, { code: "invalid_parameter", exitCode: 2 });
}
