/** How often each tool is used right after a stranger's text was read in the same run: for many it is the way they work. */
import { floatsOf, floatsText } from "../text/packed-numbers.ts";

/** "Just before": among so many calls of the run. */
export const JUST_BEFORE_CALLS = 3;
const HORIZON = 2000;
const MOST_TOOLS = 65;
/** Calls of all tools that count like one's own. */
const OTHERS = 5;

/** 8 bytes a tool. */
export class OutsideHabit {
  /** Calls and those of them that came right after; first of all tools, then of each. */
  #rows: Float32Array;

  constructor(saved: string | readonly number[] = "") {
    this.#rows = floatsOf(saved);
  }

  /** Share of this tool's calls that come right after outside text. */
  shareOf(tool: number): number {
    const row = rowOf(tool);
    const ofAll = ((this.#rows[1] ?? 0) + 0.5) / ((this.#rows[0] ?? 0) + 1);
    return ((this.#rows[row + 1] ?? 0) + OTHERS * ofAll) / ((this.#rows[row] ?? 0) + OTHERS);
  }

  learn(tool: number, isAfter: boolean): void {
    this.#count(0, isAfter);
    this.#count(rowOf(tool), isAfter);
  }

  save(): string {
    return floatsText(this.#rows);
  }

  #count(row: number, isAfter: boolean): void {
    if (row + 1 >= this.#rows.length) {
      const grown = new Float32Array(row + 2);
      grown.set(this.#rows);
      this.#rows = grown;
    }
    this.#rows[row] = (this.#rows[row] as number) + 1;
    if (isAfter) this.#rows[row + 1] = (this.#rows[row + 1] as number) + 1;
    if ((this.#rows[row] as number) < HORIZON) return;
    this.#rows[row] = (this.#rows[row] as number) / 2;
    this.#rows[row + 1] = (this.#rows[row + 1] as number) / 2;
  }
}

function rowOf(tool: number): number {
  return 2 * (Math.min(tool, MOST_TOOLS) + 1);
}
