/** The environment's names: the contract with whoever deploys this. */

/** How a value is checked. A secret may also be given as the path of a file in `NAME_FILE`. */
export type EnvironmentKind = "text" | "url" | "port" | "flag" | "secret";

/** Every name that is read, with how it is checked. */
export const ENVIRONMENT_NAMES = {
  KAFKA_BROKERS: "text",
  KAFKA_SSL: "flag",
  KAFKA_SASL_MECHANISM: "text",
  KAFKA_SASL_USERNAME: "text",
  KAFKA_SASL_PASSWORD: "secret",
  CLICKHOUSE_URL: "url",
  CLICKHOUSE_USER: "text",
  CLICKHOUSE_PASSWORD: "secret",
  CLICKHOUSE_DATABASE: "text",
  SLACK_BOT_TOKEN: "secret",
  SLACK_CHANNEL: "text",
  SLACK_APP_TOKEN: "secret",
  SLACK_SIGNING_SECRET: "secret",
  SLACK_API_URL: "url",
  WATCHKEEPER_CONFIG: "text",
  WATCHKEEPER_DATA_DIR: "text",
  WATCHKEEPER_HTTP_HOST: "text",
  WATCHKEEPER_HTTP_PORT: "port",
  WATCHKEEPER_HTTP_TOKEN: "secret",
} as const satisfies Record<string, EnvironmentKind>;

export type EnvironmentName = keyof typeof ENVIRONMENT_NAMES;

/** Variables as a process has them. */
export type Variables = Readonly<Record<string, string | undefined>>;

/**
 * What a demonstration may see of the environment: where to listen, and nothing that leads to anybody's Kafka,
 * ClickHouse, Slack, configuration or data.
 */
export function demoVariables(variables: Variables): Variables {
  const foreign = /^(KAFKA|CLICKHOUSE|SLACK)_|^WATCHKEEPER_(CONFIG|DATA_DIR)$/;
  return Object.fromEntries(Object.entries(variables).filter(([name]) => !foreign.test(name)));
}
