/** The kinds of requests that start an agent's runs, told apart by their words. */
import { wholesOf, wholesText } from "../text/packed-numbers.ts";

const MOST_KINDS = 32;
/** Runs from which on a kind is known: what none of them did is odd, and it is forgotten after those of fewer. */
export const RUNS_TO_KNOW = 6;
/** Words of a sketch. */
const WORDS = 10;
/** Of each kind: runs, number of the last run among all, words. */
const ROW = 2 + WORDS;
/** Share of common words from which on two requests are of one kind. */
const ALIKE = 0.6;
const NOTHING = new Uint32Array(0);

/** 48 bytes a kind. A kind is named by the words of the request that it began with. */
export class RequestKinds {
  #rows = NOTHING;
  #runs = 0;

  constructor(saved = "") {
    if (saved === "") return;
    this.#rows = wholesOf(saved);
    for (let at = 0; at < this.#rows.length; at += ROW) this.#runs = Math.max(this.#runs, this.#rows[at + 1] as number);
  }

  /** One more run of this kind, which begins with it when it is new; of too many the longest unseen is forgotten, those of few runs first. Returns its name. */
  begin(sketch: readonly number[]): number {
    if (sketch.length === 0) return 0;
    let at = this.#find(sketch);
    if (at < 0) {
      at = this.#place();
      this.#rows.fill(0, at, at + ROW);
      this.#rows.set(sketch, at + 2);
    }
    this.#rows[at] = (this.#rows[at] as number) + 1;
    this.#rows[at + 1] = ++this.#runs;
    return this.#nameAt(at);
  }

  /** Runs so far that named a request. */
  get total(): number {
    return this.#runs;
  }

  /** Runs of this kind so far, the one in hand included; 0: forgotten. */
  runsOf(name: number): number {
    for (let at = 0; at < this.#rows.length; at += ROW) if (this.#nameAt(at) === name) return this.#rows[at] as number;
    return 0;
  }

  save(): string {
    return wholesText(this.#rows);
  }

  #nameAt(at: number): number {
    let name = 0x811c9dc5;
    for (let index = at + 2; index < at + ROW; index++) {
      name = Math.imul(name ^ (this.#rows[index] as number), 0x01000193);
    }
    return name >>> 0 || 1;
  }

  #find(sketch: readonly number[]): number {
    let best = ALIKE;
    let found = -1;
    for (let at = 0; at < this.#rows.length; at += ROW) {
      const alike = this.#likeness(sketch, at);
      if (alike >= best) [best, found] = [alike, at];
    }
    return found;
  }

  /** Of the smallest numbers of both together, the share that both have. */
  #likeness(sketch: readonly number[], at: number): number {
    let [mine, other, both, all] = [0, 0, 0, 0];
    const end = sketch.length;
    for (; all < WORDS; all++) {
      const one = mine < end ? (sketch[mine] as number) : 0;
      const two = other < WORDS ? (this.#rows[at + 2 + other] as number) : 0;
      if (one === 0 && two === 0) break;
      if (one === two) both++;
      if (two === 0 || (one !== 0 && one <= two)) mine++;
      if (one === 0 || (two !== 0 && two <= one)) other++;
    }
    return both / all;
  }

  #place(): number {
    if (this.#rows.length < MOST_KINDS * ROW) {
      const grown = new Uint32Array(this.#rows.length + ROW);
      grown.set(this.#rows);
      const at = this.#rows.length;
      this.#rows = grown;
      return at;
    }
    let found = 0;
    let rank = Number.POSITIVE_INFINITY;
    for (let at = 0; at < this.#rows.length; at += ROW) {
      // A flood of requests that come once costs none that come again and again.
      const kept = (this.#rows[at] as number) >= RUNS_TO_KNOW ? 2 ** 32 : 0;
      const mine = kept + (this.#rows[at + 1] as number);
      if (mine < rank) [found, rank] = [at, mine];
    }
    return found;
  }
}
