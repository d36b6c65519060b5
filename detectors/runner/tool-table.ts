/** An agent's tools by a small number, so that detectors keep arrays instead of maps of names. */

/** Shown for the tools beyond `limits.toolsPerAgent`, which are counted together under number 0. */
export const OTHER_TOOLS = "(other tools)";

/** Number 0 is the overflow; 1 and up are tools in the order in which they were first seen. */
export interface ToolTable {
  /** Numbers in use, the overflow included. */
  readonly size: number;
  /** The tool's number, given on first sight; 0 when the table is full. */
  indexOf(tool: string): number;
  nameOf(index: number): string;
  /** Names from number 1 on. */
  save(): readonly string[];
}

/** A table for one agent. `limit` is asked on every new tool, since the configuration may change it. */
export function createToolTable(names: readonly string[], limit: () => number): ToolTable {
  const list = [OTHER_TOOLS, ...names];
  const numbers = new Map(names.map((name, index) => [name, index + 1]));
  return {
    get size() {
      return list.length;
    },
    indexOf(tool) {
      const known = numbers.get(tool);
      if (known !== undefined) return known;
      if (list.length > limit()) return 0;
      numbers.set(tool, list.length);
      return list.push(tool) - 1;
    },
    nameOf: (index) => list[index] ?? OTHER_TOOLS,
    save: () => list.slice(1),
  };
}
