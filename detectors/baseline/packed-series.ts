/** One series of a baseline where it lies among the others: its kind, four figures, then its hours. */
import { HOUR_MS } from "../time/zones.ts";
import { decode, decodeRatio } from "./codes.ts";
import type { SeriesExpectation } from "./expectations.ts";

/** Set in the kind of a series whose history is long enough. */
export const READY = 16;
/** Bytes: the kind, then days, needed, dispersion and unit. */
const KIND = 0;
const FIGURES = 1;
const FIGURE_BYTES = 4;
const HEAD_BYTES = FIGURES + 4 * FIGURE_BYTES;
/** Of an hour: a code of the long history; after all of them a ratio of the short one each. */
const CODE_BYTES = 2;
const HOUR_BYTES = CODE_BYTES + 1;

export const seriesBytes = (hours: number): number => HEAD_BYTES + hours * HOUR_BYTES;

/** Where the code of an hour lies, from the start of its series. */
export const codeAt = (hour: number): number => HEAD_BYTES + hour * CODE_BYTES;

/** Where the ratio of an hour lies. */
export const ratioAt = (hour: number, hours: number): number => HEAD_BYTES + hours * CODE_BYTES + hour;

/** Where a figure lies: 0 days, 1 needed, 2 dispersion, 3 unit. */
export const figureAt = (figure: number): number => FIGURES + figure * FIGURE_BYTES;

/** Where a series lies, and which hours it speaks of. */
export interface SeriesPlace {
  readonly bytes: DataView;
  /** The first hour, Unix milliseconds. */
  readonly from: number;
  readonly hours: number;
}

/** A view made for one look: nothing of it is kept. */
export class PackedSeries implements SeriesExpectation {
  readonly #of: SeriesPlace;
  readonly #start: number;

  constructor(of: SeriesPlace, index: number) {
    this.#of = of;
    this.#start = index * seriesBytes(of.hours);
  }

  get ready(): boolean {
    return this.#of.bytes.getUint8(this.#start + KIND) >= READY;
  }

  get days(): number {
    return this.#figure(0);
  }

  get needed(): number {
    return this.#figure(1);
  }

  get dispersion(): number {
    return this.#figure(2);
  }

  get unit(): number {
    return this.#figure(3);
  }

  covers(from: number, to: number): boolean {
    return this.#firstOf(from) >= 0 && this.#lastOf(to) < this.#of.hours;
  }

  between(from: number, to: number, history: "long" | "recent"): number | undefined {
    if (!this.covers(from, to)) return undefined;
    const origin = this.#of.from;
    const last = this.#lastOf(to);
    let sum = 0;
    for (let hour = this.#firstOf(from); hour <= last; hour++) {
      const begin = Math.max(from, origin + hour * HOUR_MS);
      const end = Math.min(to, origin + (hour + 1) * HOUR_MS);
      sum += this.#amount(hour, history) * ((end - begin) / HOUR_MS);
    }
    return sum;
  }

  greatest(from: number, to: number, history: "long" | "recent"): number {
    const first = Math.max(0, this.#firstOf(from));
    const last = Math.min(this.#of.hours - 1, this.#lastOf(to));
    if (history === "long") return this.#greatestOf(first, last);
    let most = 0;
    for (let hour = first; hour <= last; hour++) most = Math.max(most, this.#amount(hour, history));
    return most;
  }

  hourAt(at: number): number | undefined {
    const hour = this.#firstOf(at);
    return hour < 0 || hour >= this.#of.hours ? undefined : this.#amount(hour, "long");
  }

  get peak(): number {
    return this.#greatestOf(0, this.#of.hours - 1);
  }

  /** Of each hour in turn. */
  get amounts(): { readonly expected: readonly number[]; readonly recent: readonly number[] } {
    const hours = Array.from({ length: this.#of.hours }, (_, hour) => hour);
    return {
      expected: hours.map((hour) => this.#amount(hour, "long")),
      recent: hours.map((hour) => this.#amount(hour, "recent")),
    };
  }

  #firstOf(from: number): number {
    return Math.floor((from - this.#of.from) / HOUR_MS);
  }

  #lastOf(to: number): number {
    return Math.ceil((to - this.#of.from) / HOUR_MS) - 1;
  }

  /** The greatest code is that of the greatest amount: one logarithm is taken back instead of one an hour. */
  #greatestOf(first: number, last: number): number {
    let most = 0;
    for (let hour = first; hour <= last; hour++) most = Math.max(most, this.#code(hour));
    return decode(most);
  }

  #code(hour: number): number {
    return this.#of.bytes.getUint16(this.#start + codeAt(hour), true);
  }

  #amount(hour: number, history: "long" | "recent"): number {
    const expected = decode(this.#code(hour));
    if (history === "long") return expected;
    return expected * decodeRatio(this.#of.bytes.getUint8(this.#start + ratioAt(hour, this.#of.hours)));
  }

  #figure(figure: number): number {
    return this.#of.bytes.getFloat32(this.#start + figureAt(figure), true);
  }
}
