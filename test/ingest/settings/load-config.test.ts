import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { configIssues, SettingsError } from "../../../ingest/settings/issue.ts";
import { loadConfig } from "../../../ingest/settings/load-config.ts";

const load = (text: string) => loadConfig("watchkeeper.yaml", () => text);

function issuesOf(text: string): string[] {
  try {
    load(text);
    return [];
  } catch (error) {
    return configIssues(error).map(({ path, line, message }) => `${path}@${line}: ${message}`);
  }
}

describe("watchkeeper.yaml", () => {
  it("may be absent, empty, or only comments: the defaults hold", () => {
    const absent = loadConfig(undefined, () => undefined);
    expect(absent.path).toBeUndefined();
    expect(absent.config.timezone).toBe("UTC");
    expect(absent.config.limits.lineBytes).toBe(65_536);
    expect(load("# nothing\n").config).toEqual(absent.config);
    expect(load("").config).toEqual(absent.config);
  });

  it("is frozen all the way down", () => {
    const { config } = load("agents: { a: { budgets: [{ amount: 1, unit: usd, period: day }] } }");
    expect(Object.isFrozen(config.agents.a?.budgets?.[0]?.warnAt)).toBe(true);
  });

  it("must exist when it is named", () => {
    expect(() => loadConfig("other.yaml", () => undefined)).toThrow(/other\.yaml does not exist/);
  });

  it("names every mistake at once, with path and line", () => {
    const text = [
      "timezon: UTC",
      "agents:",
      "  bot:",
      "    timezone: Berlin",
      "    budgets:",
      "      - { amount: ten, unit: usd, period: year }",
      "      - { amount: 5, unit: uses, period: day }",
      "    hours: [always]",
      "  bot.v2:",
      "    permisionLevel: 9",
      "retention: { events: 7d }",
      "slack: { channel: #alerts",
      "}",
    ].join("\n");
    const issues = issuesOf(text);
    expect(issues).toEqual([
      expect.stringMatching(/^slack\.channel@12: nothing is written here/),
      expect.stringMatching(/^agents\.bot\.timezone@4: expected an IANA time zone.*not "Berlin"/),
      expect.stringMatching(/^agents\.bot\.hours\[0\]@8: expected hours such as.*not "always"/),
      expect.stringMatching(/^agents\.bot\.budgets\[0\]\.amount@6: expected a number, not "ten"/),
      expect.stringMatching(/^agents\.bot\.budgets\[0\]\.period@6: expected "hour" or "day" or "week" or "month"/),
      expect.stringMatching(/^agents\.bot\.budgets\[1\]\.tool@7: /),
      expect.stringMatching(/^agents\["bot\.v2"\]\.permisionLevel@10: unknown key; did you mean "permissionLevel"\?/),
      expect.stringMatching(/^timezon@1: unknown key; did you mean "timezone"\?/),
      expect.stringMatching(/^retention\.events@11: expected at least 30d/),
    ]);
  });

  it.each([
    ["retention: { events: 90d, rollups: 60d }", "retention.rollups"],
    ["retention: { deadLetters: 1h }", "retention.deadLetters"],
    ["retention: { journal: 1h }", "retention.journal"],
    ["limits: { lineBytes: 12 }", "limits.lineBytes"],
    ["limits: { lineBytes: 1MiB, bodyBytes: 64KiB }", "limits.bodyBytes"],
    ["limits: { batchBytes: 1MiB }", "limits.batchBytes"],
    ["limits: { batchBytes: 1GiB }", "limits.batchBytes"],
    ["limits: { journalBytes: 1MiB }", "limits.journalBytes"],
    ["alerts: { groupFor: 2h }", "alerts.groupFor"],
    ["alerts: { repeatEvery: 1s }", "alerts.repeatEvery"],
    ["alerts: { falseAlarmsPerWeek: 0 }", "alerts.falseAlarmsPerWeek"],
    ["heartbeat: { url: 'http://x', every: 1ms }", "heartbeat.every"],
    ["heartbeat: { url: 'ftp://x' }", "heartbeat.url"],
    ["baselines: { schedule: daily }", "baselines.schedule"],
    ["defaults: { hours: [] }", "defaults.hours"],
    ["agents: { '': {} }", 'agents[""]'],
    ["routes: [{ match: { team: x }, channel: '#x' }]", "routes[0].match.team"],
    ["routes: [{ match: { detector: buget }, channel: '#x' }]", "routes[0].match.detector"],
    ["agents: { a: { detectors: { loop: { repeats: 5 } } } }", "agents.a.detectors.loop"],
    [
      "defaults: { budgets: [{ amount: 1, unit: usd, period: day }, { amount: 2, unit: usd, period: day }] }",
      "defaults.budgets[1]",
    ],
    ["- a list", ""],
    ["just text", ""],
  ])("refuses %s", (text, path) => {
    expect(issuesOf(text)).toHaveLength(1);
    expect(issuesOf(text)[0]?.split("@")[0]).toBe(path);
  });

  it("says the line of a duplicate key, of a tab, and of broken quotes", () => {
    expect(issuesOf("a: 1\na: 2")[0]).toMatch(/^@2: Map keys must be unique/);
    expect(issuesOf("slack:\n\tchannel: x")[0]).toMatch(/^@2: a tab/);
    expect(issuesOf('timezone: "UTC')[0]).toMatch(/^@1: /);
    expect(issuesOf("a: !secret x")[0]).toMatch(/^@1: /);
    expect(issuesOf("a: 1\n---\nb: 2")).toHaveLength(1);
  });

  it("does not unfold a bomb of aliases", () => {
    const rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"];
    for (let i = 1; i < 12; i++)
      rows.push(
        `a${i}: &a${i} [${Array(9)
          .fill(`*a${i - 1}`)
          .join(", ")}]`,
      );
    expect(issuesOf(rows.join("\n"))).toHaveLength(1);
  });

  it("refuses a file over 1 MiB", () => {
    expect(issuesOf(`# ${"x".repeat(1024 * 1024)}`)[0]).toMatch(/larger than 1 MiB/);
  });

  it("keeps names that mean something to JavaScript what they are: names", () => {
    const { config } = load("agents: { constructor: { team: a }, __proto__x: { team: b } }");
    expect(Object.keys(config.agents)).toEqual(["constructor", "__proto__x"]);
    expect(issuesOf("__proto__: { timezone: UTC }")).toHaveLength(1);
    expect(Object.prototype).not.toHaveProperty("timezone");
  });

  it("answers any text with a configuration or with mistakes, never otherwise", () => {
    const keys = fc.constantFrom("timezone", "agents", "budgets", "retention", "routes", "defaults", "loop", "x");
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof({ maxDepth: 4 }, fc.jsonValue(), fc.dictionary(keys, tie("tree")), fc.array(tie("tree"))),
    }));
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          tree.map((value) => JSON.stringify(value) ?? ""),
        ),
        (text) => {
          try {
            load(text);
          } catch (error) {
            expect(error).toBeInstanceOf(SettingsError);
            expect(configIssues(error).length).toBeGreaterThan(0);
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});
