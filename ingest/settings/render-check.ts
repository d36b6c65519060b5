/** What `watchkeeper check` says. */
import { resolve } from "node:path";
import type { Budget, Config } from "../../schemas/config.ts";
import type { ExitCode } from "../../schemas/errors.ts";
import type { Variables } from "./environment-names.ts";
import { issueText, SettingsError, type SettingsIssue } from "./issue.ts";
import type { ReadFile } from "./read-file.ts";
import { type Roles, readRoles, rolesText } from "./roles.ts";
import { loadSettings, type Settings } from "./settings.ts";

/** Either the settings, or everything that is wrong with them. */
export type CheckResult =
  | { readonly settings: Settings; readonly roles: Roles }
  | { readonly issues: readonly SettingsIssue[]; readonly settings?: undefined };

/** Reads all settings, and the roles that `up --roles` would run, without connecting to anything. */
export function check(variables: Variables, readFile: ReadFile, roles?: string): CheckResult {
  try {
    const settings = loadSettings(variables, readFile);
    return { settings, roles: readRoles(roles, settings.environment.kafka !== undefined) };
  } catch (error) {
    if (error instanceof SettingsError) return { issues: error.issues };
    throw error;
  }
}

/** The text for the terminal and the exit code: 0 fine, 3 with mistakes. Never shows a secret. */
export function renderCheck(result: CheckResult): { readonly text: string; readonly exitCode: ExitCode } {
  if (result.settings === undefined) {
    const count = result.issues.length;
    const lines = result.issues.map((issue) => `  ${issueText(issue)}`);
    return { text: `${[`${count} mistake${count === 1 ? "" : "s"}:`, ...lines].join("\n")}\n`, exitCode: 3 };
  }
  const { settings, roles } = result;
  const { environment, config } = settings;
  const rows: readonly (readonly [string, readonly string[]])[] = [
    ["Configuration", [settings.configPath ?? "defaults (no watchkeeper.yaml here)"]],
    ["Agents", agentLines(config)],
    ["Alerts", alertLines(settings)],
    [
      "Listens on",
      [`http://${environment.http.host}:${environment.http.port}${environment.http.token ? ", with a token" : ""}`],
    ],
    ["Runs", [rolesText(roles)]],
    ["Event log", [logLine(settings)]],
    ["Store", [storeLine(settings, roles)]],
    ["Keeps", [`events ${days(config.retention.events)}, hourly totals ${days(config.retention.rollups)}`]],
    ...(settings.withoutEffect.length === 0 ? [] : [["No effect yet", settings.withoutEffect] as const]),
  ];
  const text = rows.map(([name, lines]) => `${name.padEnd(15)}${lines.join(`\n${" ".repeat(15)}`)}`).join("\n");
  return { text: `No mistakes.\n\n${text}\n`, exitCode: 0 };
}

function agentLines(config: Config): string[] {
  const named = Object.entries(config.agents).flatMap(([name, agent]) => [
    `${name} (${[agent.team, agent.timezone ?? config.timezone, hours(agent.hours ?? config.defaults.hours)].filter(Boolean).join(", ")})`,
    ...budgetLines(agent.budgets ?? config.defaults.budgets),
  ]);
  const others = `${named.length === 0 ? "every agent" : "every other agent"} (${config.defaults.timezone ?? config.timezone}, ${hours(config.defaults.hours)})`;
  return [...named, others, ...budgetLines(config.defaults.budgets), ...sharedLines(config)];
}

/** Totals that span agents, where there are limits. */
function sharedLines({ teams, fleet, credentials, timezone }: Config): string[] {
  const shared: readonly (readonly [who: string, budgets: readonly Budget[] | undefined])[] = [
    ...Object.entries(teams).map(([name, { budgets }]) => [`team ${name} together`, budgets] as const),
    ["the fleet together", fleet.budgets],
    ...Object.entries(credentials).map(([name, { budgets }]) => [`each credential ${name}`, budgets] as const),
  ];
  return shared.flatMap(([who, budgets = []]) =>
    budgets.length === 0 ? [] : [`${who} (${timezone})`, ...budgetLines(budgets)],
  );
}

function hours(declared: Config["defaults"]["hours"]): string {
  return declared === undefined ? "hours learned" : "hours declared";
}

function budgetLines(budgets: readonly Budget[] | undefined): string[] {
  if (budgets === undefined || budgets.length === 0) return ["  no budget"];
  return budgets.map(
    (budget) => `  ${quantity(budget, budget.amount)} per ${budget.period}, alerts at ${stepsOf(budget).join("; ")}`,
  );
}

function stepsOf(budget: Budget): string[] {
  const { warnAt, tiers = [] } = budget;
  return [
    ...(warnAt.length === 0 ? [] : [`${warnAt.join(", ")} % used`]),
    ...(tiers.length === 0 ? [] : [tiers.map((tier) => quantity(budget, tier)).join(", ")]),
  ];
}

function quantity({ unit, tool }: Budget, amount: number): string {
  if (unit === "usd") return `$${number(amount)}`;
  return unit === "uses" ? `${number(amount)} uses of ${tool}` : `${number(amount)} ${unit}`;
}

function alertLines({ environment, config, slackChannel }: Settings): string[] {
  if (environment.slack.botToken === undefined) return ["this terminal (SLACK_BOT_TOKEN is not set)"];
  const routes = config.routes.map(({ match, channel }) => {
    const of = Object.entries(match).map(([key, value]) => `${key} ${value}`);
    return `Slack ${channel}: ${of.length === 0 ? "everything" : of.join(", ")}`;
  });
  return slackChannel === undefined
    ? routes
    : [...routes, `Slack ${slackChannel}${routes.length > 0 ? ": the rest" : ""}`];
}

/** The lines that `up` says once it runs: where it is, alerts go, and with Kafka what runs here and where the rest is. */
export function startText(settings: Settings, roles: Roles, url: string): string[] {
  const { slack, kafka, clickhouse, dataDir } = settings.environment;
  const alerts = slack.botToken === undefined ? "this terminal" : `Slack, ${settings.slackChannel ?? "by routes"}`;
  return [
    `Watchkeeper listens on ${listening(settings, url)} and keeps its data in ${resolve(dataDir)}`,
    ...(roles.has("watch") ? [`Alerts go to ${alerts}.`] : []),
    ...(kafka === undefined ? [] : [`Runs ${rolesText(roles)}. Event log: ${logLine(settings)}.`]),
    ...(kafka === undefined && clickhouse === undefined ? [] : [`Store: ${storeLine(settings, roles)}.`]),
  ];
}

/** Every address of the machine is said as such; `url` is how the machine itself reaches it. */
function listening({ environment: { http } }: Settings, url: string): string {
  if (!["0.0.0.0", "::"].includes(http.host)) return url;
  return `http://${http.host === "::" ? "[::]" : http.host}:${new URL(url).port} (every address of this machine)`;
}

/** Where events are stored and looked up, as this process knows it. */
function storeLine({ environment: { clickhouse, dataDir } }: Settings, roles: Roles): string {
  if (clickhouse !== undefined) return `ClickHouse at ${clickhouse.url}`;
  return roles.has("store") ? `embedded, in ${dataDir}` : "unknown here (CLICKHOUSE_URL is not set)";
}

/** Where the event log is, without a secret. */
function logLine({ environment: { kafka, dataDir } }: Settings): string {
  if (kafka === undefined) return `embedded, in ${dataDir}`;
  const ways = [kafka.ssl ? "TLS" : "no TLS", kafka.sasl?.mechanism.toUpperCase() ?? "no SASL"];
  return `Kafka at ${kafka.brokers.join(", ")} (${ways.join(", ")})`;
}

function number(value: number): string {
  return value.toLocaleString("en-US", { maximumFractionDigits: 6 });
}

function days(milliseconds: number): string {
  const count = Math.round(milliseconds / 86_400_000);
  return count > 0 && count % 365 === 0 ? plural(count / 365, "year") : plural(count, "day");
}

function plural(count: number, unit: string): string {
  return `${number(count)} ${unit}${count === 1 ? "" : "s"}`;
}
