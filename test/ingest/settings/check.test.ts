import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { check, renderCheck, startText } from "../../../ingest/settings/render-check.ts";

const EXAMPLE = `
slack: { channel: "#agent-alerts" }
defaults: { budgets: [{ amount: 50, unit: usd, period: day }] }
agents:
  competitor_monitor:
    team: growth
    timezone: Europe/Berlin
    hours: ["Mon-Fri 08:00-19:00"]
    permissionLevel: 3
    budgets: [{ amount: 200, unit: uses, tool: web_search, period: hour }]
    tools: { deny: ["delete_*"] }
    detectors: { silence: { after: 2h } }
teams: { growth: { budgets: [{ amount: 100, unit: usd, period: week, stopAt: never }] } }
fleet: { budgets: [{ amount: 500, unit: usd, period: day }] }
credentials: { "openai-*": { budgets: [{ amount: 300, unit: usd, period: month }] } }
routes: [{ match: { team: growth, severity: critical }, channel: "#growth-oncall" }]
`;

const run = (variables: Record<string, string>, yaml?: string) =>
  renderCheck(check(variables, (path) => (path === "watchkeeper.yaml" ? yaml : undefined)));

describe("what a start says first", () => {
  const said = (variables: Record<string, string>, url: string) => {
    const result = check(variables, () => undefined);
    return result.settings === undefined ? [] : startText(result.settings, result.roles, url);
  };
  const token = { WATCHKEEPER_HTTP_TOKEN: "a-long-and-secret-token" };

  it("says where it listens, every address of the machine as such", () => {
    expect(said({}, "http://127.0.0.1:7077")[0]).toMatch(
      /^Watchkeeper listens on http:\/\/127\.0\.0\.1:7077 and keeps/,
    );
    const [every] = said({ ...token, WATCHKEEPER_HTTP_HOST: "0.0.0.0" }, "http://127.0.0.1:4713");
    expect(every).toContain("listens on http://0.0.0.0:4713 (every address of this machine) and keeps");
    const [six] = said({ ...token, WATCHKEEPER_HTTP_HOST: "::" }, "http://[::1]:4713");
    expect(six).toContain("listens on http://[::]:4713 (every");
  });

  it("is followed by where the store is, when that is a ClickHouse of one's own", () => {
    const lines = said({ CLICKHOUSE_URL: "http://clickhouse:8123" }, "http://127.0.0.1:7077");
    expect(lines.slice(1)).toEqual(["Alerts go to this terminal.", "Store: ClickHouse at http://clickhouse:8123."]);
  });
});

describe("watchkeeper check", () => {
  it("says what is in force: agents, limits, where alerts go", () => {
    const { text, exitCode } = run({ SLACK_BOT_TOKEN: "xoxb-very-secret" }, EXAMPLE);
    expect(exitCode).toBe(0);
    expect(text).toContain("competitor_monitor (growth, Europe/Berlin, hours declared)");
    expect(text).toContain("200 uses of web_search per hour, alerts at 70, 90, 100 % used");
    expect(text).toContain("every other agent (UTC, hours learned)");
    expect(text).toContain("$50 per day");
    expect(text).toContain("team growth together (UTC)");
    expect(text).toContain("the fleet together (UTC)");
    expect(text).toContain("each credential openai-* (UTC)");
    expect(text).toContain("$300 per month");
    expect(text).toContain("events 90 days, hourly totals 3 years");
    expect(text).toContain("Slack #growth-oncall: team growth, severity critical");
    expect(text).toContain("Slack #agent-alerts: the rest");
    expect(text).not.toContain("very-secret");
  });

  it("groups the digits of large limits", () => {
    const { text } = run({}, "defaults: { budgets: [{ amount: 2000000, unit: tokens, period: month }] }");
    expect(text).toContain("2,000,000 tokens per month");
  });

  it("names what a budget of uses lacks", () => {
    const { text } = run({}, "defaults: { budgets: [{ amount: 2, unit: uses, period: day }] }");
    expect(text).toContain('tool (line 1): missing; expected "tool" with unit "uses", and only there');
  });

  it("says what a duration looks like where a bare number is written", () => {
    const { text } = run({}, 'heartbeat: { url: "https://example.com", every: 60 }');
    expect(text).toMatch(/heartbeat\.every \(line 1\): expected a duration such as "90s", .*, not 60/);
    expect(run({}, "timezone: 60").text).toContain("timezone (line 1): expected text, not 60");
  });

  it("says that a channel has no effect without a token", () => {
    const [, alone = ""] = run({ SLACK_CHANNEL: "#x" }).text.split("No effect yet");
    expect(alone).toContain("SLACK_CHANNEL (SLACK_BOT_TOKEN is not set)");
  });

  it("says that a section about Kafka has no effect without KAFKA_BROKERS", () => {
    const yaml = "kafka: { partitions: 12 }";
    const [, alone = ""] = run({}, yaml).text.split("No effect yet");
    expect(alone).toContain("kafka (KAFKA_BROKERS is not set)");
    expect(run({ KAFKA_BROKERS: "kafka:9092" }, yaml).text).not.toContain("No effect yet");
    expect(run({}, "timezone: UTC").text).not.toContain("No effect yet");
  });

  it("says what has no effect in this version", () => {
    const { text } = run({ SLACK_APP_TOKEN: "xapp-1", CLICKHOUSE_USER: "me" }, EXAMPLE);
    const [, list = ""] = text.split("No effect yet");
    for (const path of ["teams.growth.budgets[0].stopAt", "SLACK_APP_TOKEN", "CLICKHOUSE_USER"]) {
      expect(list).toContain(path);
    }
    expect(run({}, "").text).not.toContain("No effect");
    expect(run({}, "alerts: { falseAlarmsPerWeek: 1 }").text).not.toContain("No effect");
  });

  it("works without any file", () => {
    const { text, exitCode } = run({});
    expect(exitCode).toBe(0);
    expect(text).toContain("this terminal");
    expect(text).toContain("embedded, in watchkeeper-data");
  });

  it("ends with 3 and lists the mistakes of environment and file together", () => {
    const { text, exitCode } = run({ WATCHKEEPER_HTTP_PORT: "x", KAFKA_BROKERS: "k" }, "timezon: UTC\nroutes: {}");
    expect(exitCode).toBe(3);
    expect(text).toContain("4 mistakes:");
    for (const part of ["WATCHKEEPER_HTTP_PORT", "KAFKA_BROKERS", "timezon (line 1)", "routes (line 2)"]) {
      expect(text).toContain(part);
    }
  });

  it("needs a channel with a Slack token, from anywhere", () => {
    const token = { SLACK_BOT_TOKEN: "xoxb-1" };
    expect(run(token).text).toContain("slack.channel: a channel is needed");
    expect(run(token, "routes: [{ match: { severity: critical }, channel: '#x' }]").exitCode).toBe(3);
    expect(run(token, "routes: [{ match: {}, channel: '#x' }]").exitCode).toBe(0);
    expect(run({ ...token, SLACK_CHANNEL: "#x" }).exitCode).toBe(0);
    expect(run(token, "slack: { channel: '#x' }").exitCode).toBe(0);
  });

  it("finds nothing wrong with the example in the repository", () => {
    const { text, exitCode } = run({}, readFileSync("watchkeeper.example.yaml", "utf8"));
    expect(text).toContain("No mistakes.");
    expect(exitCode).toBe(0);
  });
});
