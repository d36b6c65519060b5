import { describe, expect, it } from "vitest";
import { isLoopback } from "../../../ingest/loopback.ts";
import { readEnvironment } from "../../../ingest/settings/environment.ts";
import { demoVariables } from "../../../ingest/settings/environment-names.ts";
import { configIssues } from "../../../ingest/settings/issue.ts";

const noFiles = () => undefined;

function issuesOf(variables: Record<string, string>, readFile: (path: string) => string | undefined = noFiles) {
  try {
    readEnvironment(variables, readFile);
    return [];
  } catch (error) {
    return configIssues(error).map(({ path, message }) => `${path}: ${message}`);
  }
}

describe("the environment", () => {
  it("needs nothing: loopback, the embedded store, the terminal", () => {
    const environment = readEnvironment({ PATH: "/bin" }, noFiles);
    expect(environment).toEqual({
      configPath: undefined,
      dataDir: "watchkeeper-data",
      http: { host: "127.0.0.1", port: 7077, token: undefined },
      kafka: undefined,
      clickhouse: undefined,
      slack: { botToken: undefined, channel: undefined, apiUrl: undefined },
    });
    expect(Object.isFrozen(environment.http)).toBe(true);
  });

  it("takes every name, and a secret from a file without its last line break", () => {
    const environment = readEnvironment(
      {
        CLICKHOUSE_URL: "http://db:8123",
        CLICKHOUSE_PASSWORD_FILE: "/run/secrets/ch",
        SLACK_BOT_TOKEN: "xoxb-1",
        SLACK_CHANNEL: "#x",
        SLACK_API_URL: "http://127.0.0.1:9/api/",
        WATCHKEEPER_CONFIG: "a.yaml",
        WATCHKEEPER_DATA_DIR: "/data",
        WATCHKEEPER_HTTP_HOST: "0.0.0.0",
        WATCHKEEPER_HTTP_PORT: "0",
        WATCHKEEPER_HTTP_TOKEN: "t0ken",
      },
      (path) => (path === "/run/secrets/ch" ? "p4ss\n" : undefined),
    );
    expect(environment.clickhouse).toEqual({
      url: "http://db:8123",
      user: "default",
      password: "p4ss",
      database: "watchkeeper",
    });
    expect(environment.http).toEqual({ host: "0.0.0.0", port: 0, token: "t0ken" });
    expect(environment.slack).toEqual({ botToken: "xoxb-1", channel: "#x", apiUrl: "http://127.0.0.1:9/api/" });
    expect([environment.configPath, environment.dataDir]).toEqual(["a.yaml", "/data"]);
  });

  it("counts an empty variable as not set", () => {
    expect(readEnvironment({ SLACK_BOT_TOKEN: "", WATCHKEEPER_HTTP_PORT: " " }, noFiles).http.port).toBe(7077);
  });

  it.each([
    [{ WATCHKEEPER_HTTP_PORT: "65536" }, /^WATCHKEEPER_HTTP_PORT: .*65535/],
    [{ WATCHKEEPER_HTTP_PORT: "80a" }, /^WATCHKEEPER_HTTP_PORT: /],
    [{ CLICKHOUSE_URL: "db:8123" }, /^CLICKHOUSE_URL: .*http/],
    [{ SLACK_API_URL: "ftp://x" }, /^SLACK_API_URL: /],
    [{ KAFKA_SSL: "maybe" }, /^KAFKA_SSL: .*true or false/],
    [{ WATCHKEEPER_HTTP_TOKN: "x" }, /did you mean "WATCHKEEPER_HTTP_TOKEN"/],
    [{ WATCHKEEPER_FOO: "x" }, /unknown name; known here: WATCHKEEPER_CONFIG, /],
    [{ CLICKHOUSE_URL: "http://me:pw@db:8123" }, /^CLICKHOUSE_URL: a user or a password .* leave it out$/],
    [{ WATCHKEEPER_PORT_OF_CALL: "x" }, /^WATCHKEEPER_PORT_OF_CALL: unknown name/],
    [{ WATCHKEEPER_HTTP_HOST: "0.0.0.0" }, /needs WATCHKEEPER_HTTP_TOKEN/],
    [{ SLACK_BOT_TOKEN: "a", SLACK_BOT_TOKEN_FILE: "/b" }, /^SLACK_BOT_TOKEN_FILE: SLACK_BOT_TOKEN is set as well/],
    [{ SLACK_BOT_TOKEN_FILE: "/missing" }, /\/missing does not exist or is empty/],
    [{ WATCHKEEPER_HTTP_TOKEN: "two words" }, /without spaces/],
  ])("refuses %j", (variables, message) => {
    const issues = issuesOf(variables);
    expect(issues).toHaveLength(1);
    expect(issues[0]).toMatch(message);
  });

  it("names every mistake at once and never a secret's value", () => {
    const issues = issuesOf({ WATCHKEEPER_HTTP_PORT: "x", CLICKHOUSE_URL: "y", SLACK_BOT_TOKEN: "s3cret s3cret" });
    expect(issues).toHaveLength(3);
    expect(issues.join()).not.toContain("s3cret");
  });

  it.each(["localhost", "127.0.0.1", "127.8.8.8", "::1", "[::1]"])("knows %s as this machine", (host) => {
    expect(isLoopback(host)).toBe(true);
  });

  it.each(["0.0.0.0", "::", "127.0.0.1.example.com", "10.0.0.1", "localhost.example.com"])("not %s", (host) => {
    expect(isLoopback(host)).toBe(false);
  });

  it("lets a demonstration see nothing that leads elsewhere", () => {
    const seen = demoVariables({ KAFKA_BROKERS: "k", SLACK_BOT_TOKEN: "s", WATCHKEEPER_DATA_DIR: "d", HOME: "h" });
    expect(seen).toEqual({ HOME: "h" });
    expect(demoVariables({ WATCHKEEPER_HTTP_PORT: "0", CLICKHOUSE_URL: "u" })).toEqual({ WATCHKEEPER_HTTP_PORT: "0" });
  });
});
