/** The valid part of a configuration that has mistakes, so that rules across keys can be checked as well. */
import { type Config, configSchema } from "../../schemas/config.ts";
import { type KeyPath, valueAt } from "./key-path.ts";

/** Rounds of removing what the schema refuses; each removes at least one value. */
const ROUNDS = 12;

/** Removes what the schema refuses until the rest is accepted; undefined when that leads nowhere. */
export function parseWhatIsValid(written: unknown): Config | undefined {
  if (typeof written !== "object" || written === null || Array.isArray(written)) return undefined;
  const rest: unknown = structuredClone(written);
  for (let round = 0; round < ROUNDS; round += 1) {
    const parsed = configSchema.safeParse(rest);
    if (parsed.success) return parsed.data;
    const places = parsed.error.issues.flatMap((issue): KeyPath[] =>
      issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...issue.path, key]) : [issue.path],
    );
    for (const place of places) remove(rest, place);
  }
  return undefined;
}

/** Removes the value at a path, or what holds it: a section that lacks a required key, a list whose indexes would move. */
function remove(root: unknown, path: KeyPath): void {
  const key = path.at(-1);
  const parent = valueAt(root, path.slice(0, -1));
  if (key === undefined || typeof parent !== "object" || parent === null) return;
  if (!Object.hasOwn(parent, key) || Array.isArray(parent)) remove(root, path.slice(0, -1));
  else delete (parent as Record<PropertyKey, unknown>)[key];
}
