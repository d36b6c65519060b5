/** Environment and configuration together, read once at start; nothing else reads either. */
import type { Config } from "../../schemas/config.ts";
import { WatchkeeperError } from "../../schemas/errors.ts";
import { type Environment, readEnvironment } from "./environment.ts";
import type { Variables } from "./environment-names.ts";
import { SettingsError, type SettingsIssue } from "./issue.ts";
import { valueAt } from "./key-path.ts";
import { type LoadedConfig, loadConfig } from "./load-config.ts";
import type { ReadFile } from "./read-file.ts";
import { idleVariables, notYetActedOn } from "./without-effect.ts";

/** All settings of a process; frozen. */
export interface Settings {
  readonly environment: Environment;
  readonly config: Config;
  /** The configuration file in use; undefined: the defaults. */
  readonly configPath: string | undefined;
  /** SLACK_CHANNEL, else `slack.channel`: where alerts go that no route takes. */
  readonly slackChannel: string | undefined;
  /** Keys and variables that are accepted and have no effect in this version. */
  readonly withoutEffect: readonly string[];
}

/** Reads everything. Throws SettingsError with every mistake of the environment, the file, and both together. */
export function loadSettings(variables: Variables, readFile: ReadFile): Settings {
  const issues: SettingsIssue[] = [];
  const environment = collect(issues, () => readEnvironment(variables, readFile));
  // The file is named by one variable only, so that mistakes in others do not hide those in the file.
  const loaded = collect(issues, () => loadConfig(variables.WATCHKEEPER_CONFIG?.trim() || undefined, readFile));
  if (environment !== undefined && loaded !== undefined) issues.push(...slackRules(environment, loaded.config));
  if (environment === undefined || loaded === undefined || issues.length > 0) throw new SettingsError(issues);
  return Object.freeze(settingsOf(environment, loaded, variables));
}

function settingsOf(environment: Environment, loaded: LoadedConfig, variables: Variables): Settings {
  return {
    environment,
    config: loaded.config,
    configPath: loaded.path,
    slackChannel: environment.slack.channel ?? loaded.config.slack.channel,
    withoutEffect: [
      ...notYetActedOn(loaded.config, loaded.written),
      // The embedded engine has no replicas.
      // So that nobody who wrote it takes the embedded log for Kafka.
      ...(valueAt(loaded.written, ["kafka"]) !== undefined && environment.kafka === undefined
        ? ["kafka (KAFKA_BROKERS is not set)"]
        : []),
      ...(loaded.config.clickhouse.cluster !== undefined && environment.clickhouse === undefined ? ["clickhouse"] : []),
      ...idleVariables(variables),
    ],
  };
}

function collect<T>(issues: SettingsIssue[], read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof WatchkeeperError)) throw error;
    issues.push(...(error instanceof SettingsError ? error.issues : [{ path: "", message: error.message }]));
    return undefined;
  }
}

function slackRules(environment: Environment, config: Config): SettingsIssue[] {
  const takesAll = config.routes.some((route) => Object.keys(route.match).length === 0);
  const channel = environment.slack.channel ?? config.slack.channel;
  if (environment.slack.botToken === undefined || channel !== undefined || takesAll) return [];
  const message =
    config.routes.length === 0
      ? "a channel is needed with SLACK_BOT_TOKEN; set it here or in SLACK_CHANNEL"
      : "alerts that no route matches have no channel; set one here or in SLACK_CHANNEL";
  return [{ path: "slack.channel", message }];
}
