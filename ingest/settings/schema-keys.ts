/** Which keys the configuration may have at a place, taken from the schema itself. */
import { z } from "zod";
import { configSchema } from "../../schemas/config.ts";
import type { KeyPath } from "./key-path.ts";

/** The parts of JSON Schema that this walk needs. */
export interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: boolean | SchemaNode;
  readonly items?: SchemaNode;
  readonly default?: unknown;
}

/** The schema of what a person writes, as JSON Schema. */
export function configJsonSchema(): SchemaNode {
  return z.toJSONSchema(configSchema, { io: "input", unrepresentable: "any" }) as SchemaNode;
}

/** Keys that are known at this path; empty where any name is allowed or nothing is known. */
export function knownKeys(root: SchemaNode, path: KeyPath): readonly string[] {
  let node: SchemaNode | undefined = root;
  for (const key of path) {
    if (node === undefined) return [];
    node = typeof key === "number" ? node.items : childOf(node, String(key));
  }
  return Object.keys(node?.properties ?? {});
}

function childOf(node: SchemaNode, key: string): SchemaNode | undefined {
  if (node.properties !== undefined && Object.hasOwn(node.properties, key)) return node.properties[key];
  return typeof node.additionalProperties === "object" ? node.additionalProperties : undefined;
}
