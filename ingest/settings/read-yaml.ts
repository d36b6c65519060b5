/** YAML text to plain values, with the line of every key. */
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import { messageOf } from "../../schemas/errors.ts";
import { SettingsError, type SettingsIssue } from "./issue.ts";
import type { KeyPath } from "./key-path.ts";

/** What stood in the file. */
export interface YamlFile {
  /** Plain objects, lists, text, numbers; undefined for an empty file. */
  readonly value: unknown;
  /** The 1-based line of the key at this path, or of the nearest section above it. */
  lineOf(path: KeyPath): number | undefined;
}

/** Aliases (`*name`) resolved at most, against files that unfold without end. */
const ALIASES = 200;

/** Parses one YAML 1.2 document. Throws SettingsError naming the line of duplicate keys, tabs and other mistakes. */
export function readYaml(text: string): YamlFile {
  const lines = new LineCounter();
  const document = parseDocument(text.replace(/^\uFEFF/, ""), { lineCounter: lines, prettyErrors: false });
  const problems = [...document.errors, ...document.warnings];
  if (problems.length > 0) {
    throw new SettingsError(
      problems.map((problem): SettingsIssue => {
        const message = problem.code === "TAB_AS_INDENT" ? "a tab indents here; YAML wants spaces" : problem.message;
        return { path: "", message, line: lines.linePos(problem.pos[0]).line };
      }),
    );
  }
  return { value: plain(document), lineOf: (path) => lineOf(document.contents, path, lines) };
}

function plain(document: ReturnType<typeof parseDocument>): unknown {
  try {
    return document.toJS({ maxAliasCount: ALIASES }) ?? undefined;
  } catch (error) {
    throw new SettingsError([{ path: "", message: messageOf(error) }]);
  }
}

function lineOf(contents: Node | null, path: KeyPath, lines: LineCounter): number | undefined {
  let node: unknown = contents;
  let line: number | undefined;
  for (const key of path) {
    const found = step(node, key);
    if (found === undefined) break;
    if (found.start !== undefined) line = lines.linePos(found.start).line;
    node = found.node;
  }
  return line;
}

function step(node: unknown, key: PropertyKey): { node: unknown; start: number | undefined } | undefined {
  if (isSeq(node)) {
    const item = typeof key === "number" ? node.items[key] : undefined;
    return item === undefined ? undefined : { node: item, start: startOf(item) };
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key));
  return pair === undefined ? undefined : { node: pair.value, start: startOf(pair.key) };
}

function startOf(node: unknown): number | undefined {
  return (node as Node | undefined)?.range?.[0];
}
