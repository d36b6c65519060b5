/** The environment's variables to checked text: secrets from files, types, unknown names. */
import { WatchkeeperError } from "../../schemas/errors.ts";
import { ENVIRONMENT_NAMES, type EnvironmentKind, type EnvironmentName, type Variables } from "./environment-names.ts";
import type { SettingsIssue } from "./issue.ts";
import { suggestion } from "./nearest.ts";
import type { ReadFile } from "./read-file.ts";

/** Values that are set, with every mistake. An empty variable counts as not set. */
export interface ReadVariables {
  readonly values: Readonly<Partial<Record<EnvironmentName, string>>>;
  readonly issues: readonly SettingsIssue[];
}

const NAMES = Object.entries(ENVIRONMENT_NAMES) as [EnvironmentName, EnvironmentKind][];

export function readVariables(variables: Variables, readFile: ReadFile): ReadVariables {
  const values: Partial<Record<EnvironmentName, string>> = {};
  const issues = unknownNames(variables);
  for (const [name, kind] of NAMES) {
    const value = kind === "secret" ? secret(name, variables, readFile, issues) : set(variables[name]);
    const wrong = value === undefined ? undefined : mistake(kind, value);
    if (wrong !== undefined) issues.push({ path: name, message: wrong });
    else if (value !== undefined) values[name] = value;
  }
  return { values, issues };
}

function set(value: string | undefined): string | undefined {
  return value === undefined || value.trim() === "" ? undefined : value.trim();
}

function secret(name: EnvironmentName, variables: Variables, readFile: ReadFile, issues: SettingsIssue[]) {
  const [direct, file] = [set(variables[name]), set(variables[`${name}_FILE`])];
  if (file === undefined) return direct;
  const path = `${name}_FILE`;
  if (direct !== undefined) {
    issues.push({ path, message: `${name} is set as well; keep one of the two` });
    return undefined;
  }
  try {
    const text = set(readFile(file));
    if (text === undefined) issues.push({ path, message: `the file ${file} does not exist or is empty` });
    return text;
  } catch (error) {
    if (!(error instanceof WatchkeeperError)) throw error;
    issues.push({ path, message: error.message });
    return undefined;
  }
}

function mistake(kind: EnvironmentKind, value: string): string | undefined {
  switch (kind) {
    case "url":
      return isHttpUrl(value) ? credentialsIn(value) : "expected an http:// or https:// URL";
    case "port":
      return /^\d{1,5}$/.test(value) && Number(value) <= 65_535
        ? undefined
        : "expected a port, 0 (any free one) to 65535";
    case "flag":
      return /^(true|false|1|0)$/i.test(value) ? undefined : "expected true or false";
    case "secret":
      return /^[\x21-\x7e]+$/.test(value) ? undefined : "expected printable ASCII characters without spaces";
    case "text":
      return undefined;
  }
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

/** Addresses are shown and logged; a secret has a variable of its own. */
function credentialsIn(url: string): string | undefined {
  const { username, password } = new URL(url);
  return username === "" && password === ""
    ? undefined
    : "a user or a password in an address is shown with it; leave it out";
}

const PREFIX = "WATCHKEEPER_";

/** Our own prefix is ours alone: a name that is not read there is a mistake that would be noticed too late. */
function unknownNames(variables: Variables): SettingsIssue[] {
  const known = NAMES.flatMap(([name, kind]) => (kind === "secret" ? [name, `${name}_FILE`] : [name]));
  const own = known.filter((name) => name.startsWith(PREFIX));
  return Object.keys(variables)
    .filter((name) => name.startsWith(PREFIX) && !known.includes(name))
    .map((path) => ({ path, message: `unknown name${suggestion(path, own, PREFIX)}` }));
}
