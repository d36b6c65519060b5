/** How Kafka is reached, from the environment. */
import type { KafkaConnection } from "../kafka/connection.ts";
import type { SettingsIssue } from "./issue.ts";
import { suggestion } from "./nearest.ts";
import type { ReadVariables } from "./read-variables.ts";

type Sasl = NonNullable<KafkaConnection["sasl"]>;

const MECHANISMS: readonly Sasl["mechanism"][] = ["plain", "scram-sha-256", "scram-sha-512"];

/** `KAFKA_BROKERS`, `KAFKA_SSL`, `KAFKA_SASL_*`, and every mistake in them; no connection without brokers. */
export function readKafka(read: ReadVariables): {
  readonly connection: KafkaConnection | undefined;
  readonly issues: readonly SettingsIssue[];
} {
  const { KAFKA_BROKERS, KAFKA_SSL } = read.values;
  if (KAFKA_BROKERS === undefined) return { connection: undefined, issues: [] };
  const brokers = KAFKA_BROKERS.split(",").map((broker) => broker.trim());
  const issues = brokers.flatMap((broker) => brokerMistake(broker) ?? []);
  const { sasl, issues: ofSasl } = readSasl(read);
  const ssl = /^(true|1)$/i.test(KAFKA_SSL ?? "");
  return {
    connection: { brokers: [...new Set(brokers)], ssl, ...(sasl === undefined ? {} : { sasl }) },
    issues: [...issues, ...ofSasl],
  };
}

function brokerMistake(broker: string): SettingsIssue | undefined {
  const issue = (message: string): SettingsIssue => ({ path: "KAFKA_BROKERS", message });
  const expected = 'expected host:port, separated by commas, such as "kafka-1:9092,kafka-2:9092"';
  if (broker === "") return issue(`an entry is empty; ${expected}`);
  // What stands before an @ may be a password, and a mistake is shown.
  if (broker.includes("@")) return issue("a user or a password does not belong here; KAFKA_SASL_USERNAME takes it");
  const scheme = /^[a-z_]+:\/\//i.exec(broker)?.[0];
  if (scheme !== undefined) return issue(`"${broker}": leave out ${scheme}; KAFKA_SSL=true asks for TLS`);
  const [, host, port] = /^(.*):(\d{1,5})$/.exec(broker) ?? [];
  if (host === undefined || port === undefined) return issue(`"${broker}" has no port; ${expected}`);
  // The client library takes the first colon for the end of the host.
  if (host.includes(":")) return issue(`"${broker}": an IPv6 address cannot stand here; give it a name`);
  if (!/^[a-z0-9_]([a-z0-9._-]*[a-z0-9_.])?$/i.test(host)) return issue(`"${broker}" has no valid host; ${expected}`);
  if (Number(port) < 1 || Number(port) > 65_535) return issue(`"${broker}": expected a port from 1 to 65535`);
  return undefined;
}

/** None of the three, or all of them. */
function readSasl({ values, issues: earlier }: ReadVariables): { sasl?: Sasl; issues: SettingsIssue[] } {
  const { KAFKA_SASL_MECHANISM: named, KAFKA_SASL_USERNAME: username, KAFKA_SASL_PASSWORD: password } = values;
  const unreadable = earlier.some(({ path }) => path.startsWith("KAFKA_SASL_PASSWORD"));
  const given = [named, username, password].some((value) => value !== undefined) || unreadable;
  if (!given) return { issues: [] };
  const issues: SettingsIssue[] = [];
  const needed = (path: string, message: string) => void issues.push({ path, message });
  const mechanism = MECHANISMS.find((known) => known === named?.toLowerCase());
  const words = MECHANISMS.map((known) => known.toUpperCase());
  if (named === undefined) needed("KAFKA_SASL_MECHANISM", `needed with the rest of KAFKA_SASL_*: ${words.join(", ")}`);
  else if (mechanism === undefined) {
    needed("KAFKA_SASL_MECHANISM", `"${named}" is not known${suggestion(named.toUpperCase(), words)}`);
  }
  if (username === undefined) needed("KAFKA_SASL_USERNAME", "needed with the rest of KAFKA_SASL_*");
  if (password === undefined && !unreadable) {
    needed("KAFKA_SASL_PASSWORD", "needed with the rest of KAFKA_SASL_*, here or in KAFKA_SASL_PASSWORD_FILE");
  }
  if (mechanism === undefined || username === undefined || password === undefined) return { issues };
  return { sasl: { mechanism, username, password }, issues };
}
