import { describe, expect, it } from "vitest";
import { readEnvironment } from "../../../ingest/settings/environment.ts";
import { configIssues } from "../../../ingest/settings/issue.ts";
import { idleVariables } from "../../../ingest/settings/without-effect.ts";

const files = (path: string) => (path === "/run/secrets/kafka" ? "p4ss\n" : undefined);
const kafkaOf = (variables: Record<string, string>) => readEnvironment(variables, files).kafka;

function issuesOf(variables: Record<string, string>): string[] {
  try {
    readEnvironment(variables, files);
    return [];
  } catch (error) {
    return configIssues(error).map(({ path, message }) => `${path}: ${message}`);
  }
}

const BROKERS = { KAFKA_BROKERS: "k:9092" };
const SASL = { KAFKA_SASL_MECHANISM: "SCRAM-SHA-512", KAFKA_SASL_USERNAME: "wk", KAFKA_SASL_PASSWORD: "p4ss" };

describe("the connection to Kafka", () => {
  it("is the embedded log without brokers", () => {
    expect(kafkaOf({})).toBeUndefined();
    expect(kafkaOf({ KAFKA_SSL: "true", ...SASL })).toBeUndefined();
  });

  it("takes some brokers, without TLS and without SASL by default", () => {
    expect(kafkaOf({ KAFKA_BROKERS: "kafka-1.example.com:9092, 10.0.0.2:9093,kafka-1.example.com:9092" })).toEqual({
      brokers: ["kafka-1.example.com:9092", "10.0.0.2:9093"],
      ssl: false,
    });
  });

  it.each(["plain", "PLAIN", "Scram-Sha-256", "scram-sha-512"])("takes TLS and %s, the secret from a file", (name) => {
    const { KAFKA_SASL_PASSWORD: _, ...rest } = SASL;
    const file = { KAFKA_SASL_PASSWORD_FILE: "/run/secrets/kafka" };
    const kafka = kafkaOf({ ...BROKERS, KAFKA_SSL: "1", ...rest, ...file, KAFKA_SASL_MECHANISM: name });
    expect(kafka).toEqual({
      brokers: ["k:9092"],
      ssl: true,
      sasl: { mechanism: name.toLowerCase(), username: "wk", password: "p4ss" },
    });
    expect(Object.isFrozen(kafka?.sasl)).toBe(true);
  });

  it.each([
    [{ KAFKA_BROKERS: "kafka" }, /^KAFKA_BROKERS: "kafka" has no port; expected host:port/],
    [{ KAFKA_BROKERS: "a:1,,b:2" }, /^KAFKA_BROKERS: an entry is empty/],
    [{ KAFKA_BROKERS: ":9092" }, /^KAFKA_BROKERS: ":9092" has no valid host/],
    [{ KAFKA_BROKERS: "a b:9092" }, /has no valid host/],
    [{ KAFKA_BROKERS: "a:0" }, /expected a port from 1 to 65535/],
    [{ KAFKA_BROKERS: "a:65536" }, /expected a port from 1 to 65535/],
    [{ KAFKA_BROKERS: "[::1]:9092" }, /IPv6/],
    [{ KAFKA_BROKERS: "SASL_SSL://a:9092" }, /leave out SASL_SSL:\/\/; KAFKA_SSL=true/],
    [{ ...BROKERS, ...SASL, KAFKA_SASL_MECHANISM: "SCRAM-SHA512" }, /did you mean "SCRAM-SHA-512"\?$/],
    [
      { ...BROKERS, ...SASL, KAFKA_SASL_MECHANISM: "GSSAPI" },
      /not known; known here: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512$/,
    ],
    [{ ...BROKERS, ...SASL, KAFKA_SASL_MECHANISM: "" }, /^KAFKA_SASL_MECHANISM: needed/],
    [{ ...BROKERS, ...SASL, KAFKA_SASL_USERNAME: "" }, /^KAFKA_SASL_USERNAME: needed/],
    [{ ...BROKERS, ...SASL, KAFKA_SASL_PASSWORD: "" }, /^KAFKA_SASL_PASSWORD: needed .* KAFKA_SASL_PASSWORD_FILE$/],
    [
      { ...BROKERS, ...SASL, KAFKA_SASL_PASSWORD: "", KAFKA_SASL_PASSWORD_FILE: "/none" },
      /^KAFKA_SASL_PASSWORD_FILE: the file \/none does not exist/,
    ],
    [{ ...BROKERS, KAFKA_SSL: "yes" }, /^KAFKA_SSL: expected true or false/],
  ])("refuses %j", (variables, message) => {
    const issues = issuesOf(variables);
    expect(issues).toHaveLength(1);
    expect(issues[0]).toMatch(message);
  });

  it("never shows a password, not even one at the wrong place", () => {
    const issues = issuesOf({ KAFKA_BROKERS: "me:hunter2@k:9092,k2", KAFKA_SASL_PASSWORD: "hunter2" });
    expect(issues).toHaveLength(4);
    expect(issues.join()).not.toContain("hunter2");
  });

  it("says which variables mean nothing without brokers", () => {
    expect(idleVariables({ KAFKA_SSL: "true", ...SASL })).toEqual(
      ["KAFKA_SSL", ...Object.keys(SASL)].map((name) => `${name} (KAFKA_BROKERS is not set)`),
    );
    expect(idleVariables({ ...BROKERS, KAFKA_SSL: "true", ...SASL })).toEqual([]);
  });
});
