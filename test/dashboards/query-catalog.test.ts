import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { catalogText, openQueryCatalog, readyQuery } from "../../dashboards/query-catalog.ts";
import { parseQueryFile } from "../../dashboards/query-file.ts";
import { parseParameters } from "../../dashboards/query-parameters.ts";

const NOW = Date.parse("2026-11-21T12:00:00Z");
const catalog = openQueryCatalog();

describe("a question's file", () => {
  const text =
    "-- Title\n-- More\n-- of it.\n-- @param agent String\n-- @param top UInt32 20\nSELECT {agent:String}, {top:UInt32};\n";

  it("is its title, what it answers, its parameters, and the statement alone", () => {
    expect(parseQueryFile("x", text)).toEqual({
      name: "x",
      title: "Title",
      about: "More of it.",
      parameters: [
        { name: "agent", type: "String", fallback: undefined },
        { name: "top", type: "UInt32", fallback: "20" },
      ],
      sql: "SELECT {agent:String}, {top:UInt32}",
    });
  });

  it.each([
    ["-- T\nSELECT {a:String}", /has no "@param"/],
    ["-- T\n-- @param a String\nSELECT 1", /not used/],
    ["-- T\n-- @param a String\nSELECT {a:UInt8}", /has no "@param"/],
    ["SELECT 1", /first line must be a comment/],
    ["-- T\n-- @param a\nSELECT 1", /is not "@param name Type default"/],
  ])("is refused when comment and statement disagree: %j", (broken, message) => {
    expect(() => parseQueryFile("x", broken)).toThrow(message);
  });
});

describe("the questions that come with it", () => {
  it("have a title and names to type", () => {
    expect(catalog.queries.length).toBeGreaterThanOrEqual(15);
    for (const { name, title } of catalog.queries) {
      expect(name).toMatch(/^[a-z-]+$/);
      expect(title.length).toBeGreaterThan(10);
    }
  });

  it("are listed when the name is unknown, with the nearest one", () => {
    expect(() => catalog.find("agent")).toThrow(/no question @agent\. Did you mean @agents\?\n(.*\n)* {2}@tools /);
    expect(() => catalog.find("nonsense")).toThrow(/no question @nonsense\.\n/);
    expect(() => catalog.find("")).toThrow(/^Which question\?/);
    expect(() => catalog.find("timelin")).toThrow(/@timeline .*\[agent \(needed\), since, until\]/);
  });

  it("are listed with how to run one and where its SQL is", () => {
    const text = catalogText(catalog);
    expect(text).toMatch(/ {2}@tools .*\[since, until, agent, top\]\n/);
    expect(text).toMatch(/\nRun one: watchkeeper query @NAME --param name=value\. Its SQL: .*queries\/NAME\.sql\n$/);
  });

  it("are found from the built files too", () => {
    const root = mkdtempSync(join(tmpdir(), "watchkeeper-queries-"));
    try {
      mkdirSync(join(root, "queries"));
      cpSync("dashboards/queries/agents.sql", join(root, "queries", "agents.sql"));
      writeFileSync(join(root, "queries", "note.txt"), "");
      expect(openQueryCatalog(join(root, "queries")).queries.map(({ name }) => name)).toEqual(["agents"]);
    } finally {
      rmSync(root, { recursive: true });
    }
  });
});

describe("parameters", () => {
  const params = (name: string, given: Record<string, unknown>) => readyQuery(catalog.find(name), given, NOW).params;

  it("have defaults, moments among them", () => {
    expect(params("agents", {})).toEqual({ since: "2026-11-14 12:00:00.000", until: "2026-11-21 12:00:00.000" });
  });

  it.each([
    ["2026-11-16", "2026-11-16 00:00:00.000"],
    ["2026-11-16T08:30:00+02:00", "2026-11-16 06:30:00.000"],
    ["2026-11-16 08:30:00.125", "2026-11-16 08:30:00.125"],
    ["now-90m", "2026-11-21 10:30:00.000"],
  ])("take the time %s", (text, instant) => {
    expect(params("agents", { since: text }).since).toBe(instant);
  });

  it("split lists and keep text as it is", () => {
    expect(params("budget-usage", { agents: "a, b", amount: "10.5" })).toMatchObject({
      agents: ["a", "b"],
      amount: "10.5",
    });
    expect(params("tools", { agent: "x' --\\" }).agent).toBe("x' --\\");
  });

  it.each([
    ["agents", { since: "yesterday" }, /must be a time such as/],
    ["tools", { top: "many" }, /"top" must be a number/],
    ["agents", { form: "now" }, /no parameter "form"; it takes since, until/],
    ["learning", { agent: "x" }, /it takes none/],
    ["timeline", {}, /needs --param agent=/],
  ])("of @%s refuse %j", (name, given, message) => {
    expect(() => params(name, given)).toThrow(message);
  });

  it("come as name=value, the value with any characters", () => {
    expect({ ...parseParameters(["a=1", "b=x=y\nz", "c="]) }).toEqual({ a: "1", b: "x=y\nz", c: "" });
    expect(() => parseParameters(["a"])).toThrow(/not name=value/);
    expect(() => parseParameters(["a=1", "a=2"])).toThrow(/given twice/);
    expect(Object.keys(parseParameters(["__proto__=1"]))).toEqual(["__proto__"]);
  });
});
