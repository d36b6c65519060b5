/** Settings that are accepted and settled, and that this version does not act on yet: said plainly at start. */
import type { Config } from "../../schemas/config.ts";
import type { Variables } from "./environment-names.ts";
import { formatPath, type KeyPath, valueAt } from "./key-path.ts";

/**
 * The paths of configuration keys that have no effect yet, in the order of the file's sections.
 * @param written what a person wrote, before defaults; without it a value that equals its default is not listed.
 */
export function notYetActedOn(config: Config, written?: unknown): string[] {
  const found: KeyPath[] = [];
  const stops = (owner: KeyPath): KeyPath[] => {
    const budgets = valueAt(written ?? config, [...owner, "budgets"]);
    const indexes = Array.isArray(budgets) ? [...budgets.keys()] : [];
    const paths = indexes.map((index) => [...owner, "budgets", index, "stopAt"]);
    return paths.filter((path) => valueAt(written ?? config, path) !== undefined);
  };
  const agents = [["defaults"], ...Object.keys(config.agents).map((name) => ["agents", name])];
  for (const agent of agents) found.push(...stops(agent));
  for (const name of Object.keys(config.teams)) found.push(...stops(["teams", name]));
  found.push(...stops(["fleet"]));
  for (const name of Object.keys(config.credentials)) found.push(...stops(["credentials", name]));
  return found.map(formatPath);
}

/** Names of environment variables that are set and have no effect: not in this version, or not without another. */
export function idleVariables(variables: Variables): string[] {
  const isSet = (name: string) => (variables[name] ?? "").trim() !== "";
  const either = (name: string) => [name, `${name}_FILE`];
  const later = ["SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET"].flatMap(either);
  const kafka = ["KAFKA_SSL", "KAFKA_SASL_MECHANISM", "KAFKA_SASL_USERNAME", ...either("KAFKA_SASL_PASSWORD")];
  const store = ["CLICKHOUSE_USER", ...either("CLICKHOUSE_PASSWORD"), "CLICKHOUSE_DATABASE"];
  const slack = ["SLACK_CHANNEL", "SLACK_API_URL"];
  const without = (name: string, idle: readonly string[]) =>
    either(name).some(isSet) ? [] : idle.filter(isSet).map((one) => `${one} (${name} is not set)`);
  return [
    ...later.filter(isSet),
    ...without("KAFKA_BROKERS", kafka),
    ...without("CLICKHOUSE_URL", store),
    ...without("SLACK_BOT_TOKEN", slack),
  ];
}
