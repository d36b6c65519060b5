/** An agent's tools by a small number, so that detectors keep arrays instead of maps of names. */

/** Shown for the tools beyond `limits.toolsPerAgent`, which are counted together under number 0. */
const OTHER_TOOLS = "(other tools)";

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

/** What the tables of a runner have in common. */
export interface ToolTableContext {
  /** Asked on every new tool, since the configuration may change it. */
  readonly toolLimit: () => number;
  /** Lets agents share the texts. */
  readonly intern: (text: string) => string;
}

/** A table for one agent, continued from `names`. */
export function createToolTable(names: readonly string[], context: ToolTableContext): ToolTable {
  return new AgentTools(names.map(context.intern), context);
}

/** Few tools are found faster by looking through them than by a map, and take a tenth of its memory. */
class AgentTools implements ToolTable {
  #names: readonly string[];
  readonly #context: ToolTableContext;
  /** Events of one tool tend to follow each other, and every detector asks. */
  #last = 0;

  constructor(names: readonly string[], context: ToolTableContext) {
    this.#names = names;
    this.#context = context;
  }

  get size(): number {
    return this.#names.length + 1;
  }

  indexOf(tool: string): number {
    if (this.#last > 0 && this.#names[this.#last - 1] === tool) return this.#last;
    let number = this.#names.indexOf(tool) + 1;
    if (number === 0) {
      if (this.#names.length >= this.#context.toolLimit()) return 0;
      // A copy of the exact size: pushing would reserve room for twice as many in every agent.
      this.#names = [...this.#names, this.#context.intern(tool)];
      number = this.#names.length;
    }
    this.#last = number;
    return number;
  }

  nameOf(index: number): string {
    return this.#names[index - 1] ?? OTHER_TOOLS;
  }

  save(): readonly string[] {
    return this.#names;
  }
}
