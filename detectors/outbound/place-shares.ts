/** How often each tool of an agent goes to a new place, by kind of place: what kind of newness it has every day. */
import type { PlaceKind } from "./place-kind.ts";

const KINDS: readonly PlaceKind[] = [
  "name",
  "same-domain",
  "new-domain",
  "free-mail",
  "drop",
  "lookalike",
  "address",
  "account",
];
const FORMS = 3;
/** Calls, then new places by kind and form. */
const COLUMNS = 1 + KINDS.length * FORMS;
/** Calls of other tools that count like one's own: what the agent does at all is a guess of what this tool does. */
const OTHERS = 10;
/** Wherever a new tool goes is new, which says little of it: so many such calls are believed of each tool. */
const FIRST = 3;
const ORDINARY: ReadonlySet<PlaceKind> = new Set(["name", "same-domain", "new-domain", "account"]);
const HORIZON = 5000;
/** Tools with a row of their own; further ones share the last. */
const MOST_TOOLS = 65;

const NOWHERE = new Float32Array(0);

type Cells = readonly (readonly [row: number, column: number, value: number])[];

export interface SavedShares {
  readonly sums: Cells;
  readonly tools: number;
}

/** As former releases wrote it, counts instead of sums. */
interface FormerShares {
  readonly rows: Cells;
  readonly tools: number;
}

/**
 * A call weighs by how many came before it, as in `RunShares`: of each kind the sum of the numbers of the calls that
 * brought it, of which half the square of all calls would be all.
 */
export class PlaceShares {
  /** Row 0 is all tools together, row n + 1 tool number n. */
  #rows: Float32Array;

  constructor(saved?: SavedShares | FormerShares) {
    // Many agents never go anywhere.
    this.#rows = saved === undefined || saved.tools === 0 ? NOWHERE : new Float32Array(saved.tools * COLUMNS);
    if (saved === undefined) return;
    const isFormer = "rows" in saved;
    const cells = isFormer ? saved.rows : saved.sums;
    for (const [row, column, value] of cells) this.#rows[row * COLUMNS + column] = value;
    if (isFormer)
      for (const [row, column, value] of cells) if (column > 0) this.#set(row, column, (value * this.#get(row, 0)) / 2);
  }

  /** A call of this tool that goes somewhere. */
  call(tool: number): void {
    this.#add(0);
    this.#add(rowOf(tool));
  }

  /** Where newness of this kind and form by this tool is counted. */
  placeOf(tool: number, kind: PlaceKind, form: number): number {
    return rowOf(tool) * COLUMNS + 1 + KINDS.indexOf(kind) * FORMS + form;
  }

  /** Share of the tool's calls that go to a new place of this kind and form. */
  shareOf(place: number): number {
    const [row, column] = [Math.floor(place / COLUMNS), place % COLUMNS];
    const ofAll = (this.#countOf(0, column) + 0.5) / (this.#get(0, 0) + 1);
    const first = ORDINARY.has(KINDS[Math.floor((column - 1) / FORMS)] as PlaceKind) ? FIRST : 0;
    return (this.#countOf(row, column) + OTHERS * ofAll + first) / (this.#get(row, 0) + OTHERS + first);
  }

  /** One more new place; `by` −1 takes it back. */
  count(place: number, by: 1 | -1): void {
    const [row, column] = [Math.floor(place / COLUMNS), place % COLUMNS];
    for (const one of [0, row]) this.#set(one, column, Math.max(0, this.#get(one, column) + by * this.#get(one, 0)));
  }

  save(): SavedShares {
    const sums: [number, number, number][] = [];
    this.#rows.forEach((value, index) => {
      if (value !== 0) sums.push([Math.floor(index / COLUMNS), index % COLUMNS, value]);
    });
    return { tools: this.#rows.length / COLUMNS, sums };
  }

  /** As many calls as the sum comes to. */
  #countOf(row: number, column: number): number {
    const calls = this.#get(row, 0);
    return calls === 0 ? 0 : (2 * this.#get(row, column)) / calls;
  }

  #get(row: number, column: number): number {
    return this.#rows[row * COLUMNS + column] ?? 0;
  }

  #set(row: number, column: number, value: number): void {
    const index = row * COLUMNS + column;
    if (index >= this.#rows.length) {
      const grown = new Float32Array((row + 1) * COLUMNS);
      grown.set(this.#rows);
      this.#rows = grown;
    }
    this.#rows[index] = value;
  }

  #add(row: number): void {
    this.#set(row, 0, this.#get(row, 0) + 1);
    if (this.#get(row, 0) < HORIZON) return;
    this.#set(row, 0, this.#get(row, 0) / 2);
    for (let column = 1; column < COLUMNS; column++) this.#set(row, column, this.#get(row, column) / 4);
  }
}

function rowOf(tool: number): number {
  return Math.min(tool, MOST_TOOLS) + 1;
}
