/** How often each tool of an agent goes to a new place, by kind of place: what kind of newness it has every day. */
import type { PlaceKind } from "./place-kind.ts";

const KINDS: readonly PlaceKind[] = ["name", "same-domain", "new-domain", "free-mail", "drop", "lookalike", "address"];
const FORMS = 3;
/** Calls, then new places by kind and form. */
const COLUMNS = 1 + KINDS.length * FORMS;
/** Calls of other tools that count like one's own: what the agent does at all is a guess of what this tool does. */
const OTHERS = 10;
const HORIZON = 5000;
/** Tools with a row of their own; further ones share the last. */
const MOST_TOOLS = 65;

const NOWHERE = new Float32Array(0);

export interface SavedShares {
  readonly rows: readonly (readonly [row: number, column: number, value: number])[];
  readonly tools: number;
}

export class PlaceShares {
  /** Row 0 is all tools together, row n + 1 tool number n. */
  #rows: Float32Array;

  constructor(saved?: SavedShares) {
    // Many agents never go anywhere.
    this.#rows = saved === undefined || saved.tools === 0 ? NOWHERE : new Float32Array(saved.tools * COLUMNS);
    for (const [row, column, value] of saved?.rows ?? []) this.#rows[row * COLUMNS + column] = value;
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
    const ofAll = (this.#get(0, column) + 0.5) / (this.#get(0, 0) + 1);
    return (this.#get(row, column) + OTHERS * ofAll) / (this.#get(row, 0) + OTHERS);
  }

  /** One more new place; `by` −1 takes it back. */
  count(place: number, by: 1 | -1): void {
    const [row, column] = [Math.floor(place / COLUMNS), place % COLUMNS];
    this.#set(0, column, Math.max(0, this.#get(0, column) + by));
    this.#set(row, column, Math.max(0, this.#get(row, column) + by));
  }

  save(): SavedShares {
    const rows: [number, number, number][] = [];
    this.#rows.forEach((value, index) => {
      if (value !== 0) rows.push([Math.floor(index / COLUMNS), index % COLUMNS, value]);
    });
    return { tools: this.#rows.length / COLUMNS, rows };
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
    for (let column = 0; column < COLUMNS; column++) this.#set(row, column, this.#get(row, column) / 2);
  }
}

function rowOf(tool: number): number {
  return Math.min(tool, MOST_TOOLS) + 1;
}
