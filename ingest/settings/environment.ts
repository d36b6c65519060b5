/** The environment as one typed object. Everything else is in `watchkeeper.yaml`. */
import type { KafkaConnection } from "../kafka/connection.ts";
import { isLoopback } from "../loopback.ts";
import type { Variables } from "./environment-names.ts";
import { deepFreeze } from "./freeze.ts";
import { SettingsError, type SettingsIssue } from "./issue.ts";
import { readKafka } from "./kafka-connection.ts";
import type { ReadFile } from "./read-file.ts";
import { type ReadVariables, readVariables } from "./read-variables.ts";

/** What the process was told by its environment; frozen. */
export interface Environment {
  /** WATCHKEEPER_CONFIG: a configuration file that must exist. */
  readonly configPath: string | undefined;
  /** WATCHKEEPER_DATA_DIR; default `watchkeeper-data` in the working directory. */
  readonly dataDir: string;
  readonly http: {
    /** WATCHKEEPER_HTTP_HOST; default 127.0.0.1. */
    readonly host: string;
    /** WATCHKEEPER_HTTP_PORT; default 7077, 0 is any free one. */
    readonly port: number;
    /** WATCHKEEPER_HTTP_TOKEN: asked for of everybody; needed to listen beyond loopback. */
    readonly token: string | undefined;
  };
  /** KAFKA_BROKERS, KAFKA_SSL and KAFKA_SASL_*; undefined: the embedded log in the data directory. */
  readonly kafka: KafkaConnection | undefined;
  /** An outside ClickHouse; undefined: the embedded engine. User and database default to `default` and `watchkeeper`. */
  readonly clickhouse:
    | { readonly url: string; readonly user: string; readonly password: string; readonly database: string }
    | undefined;
  readonly slack: {
    /** SLACK_BOT_TOKEN; undefined: alerts go to the terminal. */
    readonly botToken: string | undefined;
    /** SLACK_CHANNEL: goes before `slack.channel` of the configuration. */
    readonly channel: string | undefined;
    /** SLACK_API_URL; undefined: Slack's own. */
    readonly apiUrl: string | undefined;
  };
}

const DEFAULT_DATA_DIR = "watchkeeper-data";
const DEFAULT_HTTP_PORT = 7077;

/** Reads the environment once. Throws SettingsError with every mistake; secrets never appear in one. */
export function readEnvironment(variables: Variables, readFile: ReadFile): Environment {
  const read = readVariables(variables, readFile);
  const kafka = readKafka(read);
  const issues = [...read.issues, ...environmentRules(read), ...kafka.issues];
  if (issues.length > 0) throw new SettingsError(issues);
  return environmentOf(read, kafka.connection);
}

/** The typed object, from values that are valid. */
function environmentOf({ values }: ReadVariables, kafka: KafkaConnection | undefined): Environment {
  const url = values.CLICKHOUSE_URL;
  return deepFreeze({
    configPath: values.WATCHKEEPER_CONFIG,
    dataDir: values.WATCHKEEPER_DATA_DIR ?? DEFAULT_DATA_DIR,
    http: {
      host: values.WATCHKEEPER_HTTP_HOST ?? "127.0.0.1",
      port: Number(values.WATCHKEEPER_HTTP_PORT ?? DEFAULT_HTTP_PORT),
      token: values.WATCHKEEPER_HTTP_TOKEN,
    },
    kafka,
    clickhouse:
      url === undefined
        ? undefined
        : {
            url,
            user: values.CLICKHOUSE_USER ?? "default",
            password: values.CLICKHOUSE_PASSWORD ?? "",
            database: values.CLICKHOUSE_DATABASE ?? "watchkeeper",
          },
    slack: { botToken: values.SLACK_BOT_TOKEN, channel: values.SLACK_CHANNEL, apiUrl: values.SLACK_API_URL },
  });
}

function environmentRules({ values }: ReadVariables): SettingsIssue[] {
  const issues: SettingsIssue[] = [];
  const host = values.WATCHKEEPER_HTTP_HOST;
  if (host !== undefined && !isLoopback(host) && values.WATCHKEEPER_HTTP_TOKEN === undefined) {
    issues.push({
      path: "WATCHKEEPER_HTTP_HOST",
      message: `listening on ${host}, beyond this machine, needs WATCHKEEPER_HTTP_TOKEN`,
    });
  }
  return issues;
}
