/** Options as they stand in the configuration's schema: path, unit, default and meaning of each. */
import { z } from "zod";
import { configSchema } from "../../schemas/config.ts";

/** The parts of JSON Schema that a row is made of; `unit` is our own. */
interface Node {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly items?: Node;
  readonly default?: unknown;
  readonly description?: string;
  readonly unit?: string;
  readonly enum?: readonly unknown[];
}

export interface OptionRow {
  /** As `watchkeeper check` names it, below an agent: `detectors.loop.within`, `budgets[].amount`. */
  readonly path: string;
  readonly unit: string;
  readonly default: string;
  readonly meaning: string;
}

/** Every key at or below this path of an agent. Throws where a key says no meaning. */
export function optionRows(path: readonly string[]): OptionRow[] {
  const root = z.toJSONSchema(configSchema, { io: "input", unrepresentable: "any" }) as Node;
  const start = ["defaults", ...path].reduce<Node | undefined>((node, key) => node?.properties?.[key], root);
  return start === undefined ? [] : rowsOf(start, path.join("."));
}

function rowsOf(node: Node, path: string): OptionRow[] {
  if (node.properties !== undefined) {
    return Object.entries(node.properties).flatMap(([key, child]) => rowsOf(child, `${path}.${key}`));
  }
  if (node.items?.properties !== undefined) return rowsOf(node.items, `${path}[]`);
  if (node.description === undefined) throw new Error(`${path} has no description in the schema`);
  return [{ path, unit: unitOf(node), default: defaultOf(node), meaning: node.description }];
}

function unitOf({ unit, type, enum: names }: Node): string {
  if (names !== undefined) return names.map((name) => `\`${name}\``).join(", ");
  return unit ?? (type === "boolean" ? "`true` or `false`" : "");
}

function defaultOf({ default: value }: Node): string {
  return value === undefined ? "none" : `\`${JSON.stringify(value)}\``;
}
