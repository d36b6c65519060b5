/**
 * The normal range of a measure of a tool: streaming quantiles of its logarithm (Robbins and Monro 1951), a long and a
 * short median and the long 0.9 quantile, in one array of numbers for all ranges of an agent.
 */
import * as rules from "./rules.ts";

/** Fields of one range. */
export const KEY = 0;
export const CALLS = 1;
export const MEDIAN = 2;
export const RECENT = 3;
export const HIGH = 4;
export const EVIDENCE = 5;
export const PEAK = 6;
export const COUNT = 7;
export const SUM = 8;
export const FROM = 9;
export const LAST = 10;
export const MOST = 11;
export const SAID = 12;
export const FIELDS = 13;

/** Standard normal 0.9 quantile. */
const Z90 = 1.2816;

export class Ranges {
  #data: Float64Array;
  #size: number;
  /** Start of a range by key. */
  readonly #placeOf = new Map<number, number>();

  constructor(saved: readonly number[] = []) {
    this.#data = Float64Array.from(saved);
    this.#size = saved.length;
    for (let at = 0; at < this.#size; at += FIELDS) this.#placeOf.set(saved[at + KEY] as number, at);
  }

  /** Where the fields of a range begin; where the agent has too many, those of `shared`. */
  place(key: number, shared: number): number {
    const known = this.#placeOf.get(key);
    if (known !== undefined) return known;
    if (key !== shared && this.#size >= rules.MAX_RANGES * FIELDS) return this.place(shared, shared);
    const at = this.#size;
    this.#size += FIELDS;
    if (this.#size > this.#data.length) {
      const grown = new Float64Array(this.#size);
      grown.set(this.#data);
      this.#data = grown;
    }
    this.#data[at + KEY] = key;
    this.#placeOf.set(key, at);
    return at;
  }

  get(at: number, field: number): number {
    return this.#data[at + field] as number;
  }

  set(at: number, field: number, value: number): void {
    this.#data[at + field] = value;
  }

  /** Standard deviation of the logarithms by the upper half of the range. */
  width(at: number): number {
    return Math.max(rules.LEAST_WIDTH, (this.get(at, HIGH) - this.get(at, MEDIAN)) / Z90);
  }

  /** Takes in the logarithm of an amount. */
  learn(at: number, value: number): void {
    const data = this.#data;
    const calls = (data[at + CALLS] as number) + 1;
    data[at + CALLS] = calls;
    if (calls === 1) {
      data[at + MEDIAN] = value;
      data[at + RECENT] = value;
      data[at + HIGH] = value + rules.LEAST_WIDTH;
      return;
    }
    const width = this.width(at);
    const long = width * Math.max(rules.LONG_STEP, 2 / (calls + 4)) * 2;
    const short = width * Math.max(rules.SHORT_STEP, 2 / (calls + 4)) * 2;
    this.#step(at + MEDIAN, value, 0.5, long);
    this.#step(at + RECENT, value, 0.5, short);
    this.#step(at + HIGH, value, 0.9, long);
  }

  #step(index: number, value: number, share: number, size: number): void {
    const quantile = this.#data[index] as number;
    this.#data[index] = quantile + size * (value > quantile ? share : share - 1);
  }

  save(): number[] {
    return Array.from(this.#data.subarray(0, this.#size));
  }
}
