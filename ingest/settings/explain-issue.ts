/** The schema's complaints in plain words. */
import type { z } from "zod";
import { formatPath, type KeyPath, valueAt } from "./key-path.ts";
import { suggestion } from "./nearest.ts";
import { configJsonSchema, knownKeys } from "./schema-keys.ts";

/** A mistake with the place it is at. */
export interface LocatedIssue {
  readonly at: KeyPath;
  readonly message: string;
}

type ZodIssue = z.core.$ZodIssue;

/** One located mistake per complaint, unknown keys each by themselves with the nearest right one. */
export function explainIssues(issues: readonly ZodIssue[], written: unknown): LocatedIssue[] {
  const schema = configJsonSchema();
  return issues.flatMap((issue): LocatedIssue[] => {
    if (issue.code === "unrecognized_keys") {
      const known = knownKeys(schema, issue.path);
      return issue.keys.map((key) => ({ at: [...issue.path, key], message: `unknown key${suggestion(key, known)}` }));
    }
    return [{ at: issue.path, message: sentence(issue, valueAt(written, issue.path)) }];
  });
}

function sentence(issue: ZodIssue, value: unknown): string {
  if (value === null) return `nothing is written here; ${expected(issue)} (a value that begins with # needs quotes)`;
  if (value === undefined) return `missing; ${expected(issue)}`;
  return `${expected(issue)}, not ${shown(value)}`;
}

function expected(issue: ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      // A schema that says more than its type says it in words of its own.
      return `expected ${issue.message.startsWith("Invalid input") ? typeName(issue.expected) : issue.message}`;
    case "invalid_value":
      return `expected ${issue.values.map((value) => JSON.stringify(value)).join(" or ")}`;
    case "invalid_union":
      return issue.errors.map((branch) => (branch[0] === undefined ? "" : expected(branch[0]))).join(", or ");
    case "too_small":
      return `expected ${issue.inclusive ? "at least" : "more than"} ${amount(issue.minimum, issue.origin)}`;
    case "too_big":
      return `expected ${issue.inclusive ? "at most" : "less than"} ${amount(issue.maximum, issue.origin)}`;
    case "invalid_format":
      return issue.format === "url" ? "expected an http:// or https:// URL" : `expected a ${issue.format}`;
    case "custom":
      return `expected ${issue.message}`;
    default:
      return issue.message;
  }
}

function amount(limit: number | bigint, origin: string): string {
  if (origin === "string") return `${limit} character${limit === 1 ? "" : "s"}`;
  return origin === "array" ? `${limit} entr${limit === 1 ? "y" : "ies"}` : String(limit);
}

function typeName(expectedType: string): string {
  const names: Record<string, string> = {
    object: "a section of keys",
    record: "a section of named entries",
    array: "a list",
    int: "a whole number",
    string: "text",
    number: "a number",
    boolean: "true or false",
  };
  return names[expectedType] ?? expectedType;
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a section of keys";
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** The located mistakes as the paths people read. */
export function pathOf(issue: LocatedIssue): string {
  return formatPath(issue.at);
}
