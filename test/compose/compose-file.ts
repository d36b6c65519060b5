/** docker-compose.yml as Compose sees it: parsed, its variables filled in. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { ROOT } from "../e2e/watchkeeper.ts";

export interface Service {
  readonly image: string;
  readonly build?: string;
  readonly user?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly tmpfs?: readonly string[];
  readonly networks: readonly string[];
  readonly ports?: readonly string[];
  readonly environment: Readonly<Record<string, string | number>>;
  readonly secrets?: readonly (string | { readonly source: string; readonly target: string })[];
  readonly volumes: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
}

export interface ComposeFile {
  readonly services: Readonly<Record<"watchkeeper" | "kafka" | "clickhouse" | "grafana", Service>>;
  readonly volumes: Readonly<Record<string, null>>;
  readonly networks: Readonly<Record<string, null>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
}

export const readText = (file: string): string => readFileSync(join(ROOT, file), "utf8");

/** `${NAME}`, `${NAME:-default}` and `${NAME:?why}`, as Compose reads them. @throws as Compose does for the last. */
function interpolate(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replace(/\$\{(\w+)(?::([-?])([^}]*))?\}/g, (_all, name: string, kind?: string, word = "") => {
    const value = variables[name] ?? "";
    if (value === "" && kind === "?") throw new Error(`required variable ${name} is missing a value: ${word}`);
    return value === "" && kind === "-" ? word : value;
  });
}

/** In the values, after the file is parsed: what is filled in cannot change its shape. */
function filled(value: unknown, variables: Readonly<Record<string, string>>): unknown {
  if (typeof value === "string") return interpolate(value, variables);
  if (Array.isArray(value)) return value.map((one) => filled(one, variables));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, filled(one, variables)]));
}

export function readCompose(variables: Readonly<Record<string, string>>): ComposeFile {
  return filled(parse(readText("docker-compose.yml")), variables) as ComposeFile;
}

/** An `.env` file: `NAME=value` lines. */
export function readDotEnv(text: string): Record<string, string> {
  const lines = [...text.matchAll(/^(\w+)=(.*)$/gm)];
  return Object.fromEntries(lines.map(([, name = "", value = ""]) => [name, value.replace(/^"(.*)"$/, "$1")]));
}
