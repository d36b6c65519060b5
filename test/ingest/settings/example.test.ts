import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { formatPath, valueAt } from "../../../ingest/settings/key-path.ts";
import { loadConfig } from "../../../ingest/settings/load-config.ts";
import { configJsonSchema, type SchemaNode } from "../../../ingest/settings/schema-keys.ts";

const text = readFileSync("watchkeeper.example.yaml", "utf8");
const written: unknown = parse(text);

type Path = readonly (string | number)[];

/** Every key of the schema as it stands in the example: a named entry by the first there is, a list by its first. */
function keysOf(node: SchemaNode, path: Path): Path[] {
  const value = valueAt(written, path);
  if (node.items !== undefined) return Array.isArray(value) ? keysOf(node.items, [...path, 0]) : [];
  if (typeof node.additionalProperties === "object") {
    const first = Object.keys((value ?? {}) as object)[0];
    return first === undefined ? [path] : keysOf(node.additionalProperties, [...path, first]);
  }
  return Object.entries(node.properties ?? {}).flatMap(([key, child]) => [
    [...path, key],
    ...keysOf(child, [...path, key]),
  ]);
}

describe("watchkeeper.example.yaml", () => {
  const schema = configJsonSchema();

  it("is accepted", () => {
    expect(loadConfig("watchkeeper.example.yaml", () => text).config.agents).toHaveProperty("competitor_monitor");
  });

  it("shows every key of the schema", () => {
    // "defaults" takes the keys of an agent, a team the budgets of one; a limit by tool is the second entry.
    const elsewhere = /^(defaults\.|(teams\.growth|fleet|credentials\S+)\.budgets\[0\]\.)|budgets\[0\]\.tool$/;
    const missing = keysOf(schema, [])
      .filter((path) => valueAt(written, path) === undefined)
      .map(formatPath)
      .filter((path) => !elsewhere.test(path));
    expect(missing).toEqual([]);
    expect(text).toContain("tool: web_search");
  });

  it("says the default of every key that has a plain one", () => {
    const lines = text.split("\n");
    const silent = keysOf(schema, []).flatMap((path) => {
      const node = path.reduce<SchemaNode | undefined>(
        (at, key) =>
          typeof key === "number" ? at?.items : (at?.properties?.[key] ?? asNode(at?.additionalProperties)),
        schema,
      );
      if (node?.default === undefined || typeof node.default === "object" || valueAt(written, path) === undefined)
        return [];
      const key = String(path.at(-1));
      const about = lines.filter(
        (line, i) => line.trimStart().startsWith(`${key}:`) && /default/i.test(line + lines[i - 1]),
      );
      return about.length > 0 || path[0] === "defaults" ? [] : [formatPath(path)];
    });
    expect(silent).toEqual([]);
  });
});

function asNode(value: boolean | SchemaNode | undefined): SchemaNode | undefined {
  return typeof value === "object" ? value : undefined;
}
