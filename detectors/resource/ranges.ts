/**
 * The normal ranges of an agent's measures: streaming quantiles of logarithms (Robbins and Monro 1951), a long and a
 * short median and the long 0.9 quantile, in one array of numbers: 20 bytes a range, at most 2 KB an agent.
 */
import { floatsOf, floatsText } from "../text/packed-numbers.ts";
import * as rules from "./rules.ts";

/** Fields of one range. */
const CALLS = 0;
const MEDIAN = 1;
const RECENT = 2;
const HIGH = 3;
const MOST = 4;
const FIELDS = 5;

/** Standard normal 0.9 quantile. */
const Z90 = 1.2816;

/** Calls in a row that take more than usual. */
export interface Stretch {
  /** Log likelihood ratio of three times the usual to the usual. */
  evidence: number;
  peak: number;
  calls: number;
  /** Of their logarithms. */
  sum: number;
  from: number;
  last: number;
  /** When it was first said; 0: it was not. */
  saidAt: number;
  /** When it was last said; absent: it was not. */
  spokeAt?: number;
}

export interface SavedRanges {
  /** By range. */
  readonly keys: readonly number[];
  /** Version 1 wrote them as they are. */
  readonly numbers: string | readonly number[];
  readonly stretches: readonly (readonly [range: number, stretch: Stretch])[];
}

export class Ranges {
  #numbers: Float32Array;
  /** Range by key, counted from 1. */
  #places: Uint8Array;
  /** By range; only those under way. */
  #stretches: Map<number, Stretch> | undefined;

  constructor({ keys, numbers, stretches }: SavedRanges = { keys: [], numbers: [], stretches: [] }) {
    this.#numbers = floatsOf(numbers);
    this.#places = new Uint8Array(Math.max(-1, ...keys) + 1);
    keys.forEach((key, index) => {
      this.#places[key] = index + 1;
    });
    for (const [range, stretch] of stretches) this.#put(range, { ...stretch });
  }

  /** The range of a key; where the agent has too many, that of `shared`. */
  find(key: number, shared: number): number {
    const place = this.#places[key] ?? 0;
    if (place > 0) return place - 1;
    if (key !== shared && this.#size >= rules.MAX_RANGES) return this.find(shared, shared);
    if (key >= this.#places.length) {
      const places = new Uint8Array(key + 1);
      places.set(this.#places);
      this.#places = places;
    }
    const numbers = new Float32Array(this.#numbers.length + FIELDS);
    numbers.set(this.#numbers);
    this.#numbers = numbers;
    this.#places[key] = this.#size;
    return this.#size - 1;
  }

  stretch(range: number): Stretch | undefined {
    return this.#stretches?.get(range);
  }

  begin(range: number, from: number): Stretch {
    const stretch = { evidence: 0, peak: 0, calls: 0, sum: 0, from, last: from, saidAt: 0 };
    this.#put(range, stretch);
    return stretch;
  }

  /** It is over: what it came to is a habit, unless it was said. */
  end(range: number, { saidAt, calls, peak }: Stretch): void {
    this.#stretches?.delete(range);
    if (this.#stretches?.size === 0) this.#stretches = undefined;
    const at = range * FIELDS + MOST;
    if (saidAt === 0 && calls > 1) this.#numbers[at] = Math.max(peak, (this.#numbers[at] as number) * rules.FADE);
  }

  calls(range: number): number {
    return this.#numbers[range * FIELDS + CALLS] as number;
  }

  median(range: number): number {
    return this.#numbers[range * FIELDS + MEDIAN] as number;
  }

  high(range: number): number {
    return this.#numbers[range * FIELDS + HIGH] as number;
  }

  /** The most evidence that passed without being said. */
  most(range: number): number {
    return this.#numbers[range * FIELDS + MOST] as number;
  }

  /** The greater of the medians of the long and the short history. */
  usual(range: number): number {
    const at = range * FIELDS;
    return Math.max(this.#numbers[at + MEDIAN] as number, this.#numbers[at + RECENT] as number);
  }

  /** Standard deviation of the logarithms by the upper half of the range. */
  width(range: number): number {
    return Math.max(rules.LEAST_WIDTH, (this.high(range) - this.median(range)) / Z90);
  }

  /** Takes in the logarithm of an amount. */
  learn(range: number, value: number): void {
    const numbers = this.#numbers;
    const at = range * FIELDS;
    const calls = (numbers[at + CALLS] as number) + 1;
    numbers[at + CALLS] = Math.min(calls, rules.CALLS_COUNTED);
    if (calls === 1) {
      numbers[at + MEDIAN] = value;
      numbers[at + RECENT] = value;
      numbers[at + HIGH] = value + rules.LEAST_WIDTH;
      return;
    }
    const width = 2 * this.width(range);
    const early = 2 / (calls + 4);
    const long = width * Math.max(rules.LONG_STEP, early);
    const short = width * Math.max(rules.SHORT_STEP, early);
    const median = at + MEDIAN;
    const recent = at + RECENT;
    const high = at + HIGH;
    numbers[median] = (numbers[median] as number) + (value > (numbers[median] as number) ? 0.5 : -0.5) * long;
    numbers[recent] = (numbers[recent] as number) + (value > (numbers[recent] as number) ? 0.5 : -0.5) * short;
    numbers[high] = (numbers[high] as number) + (value > (numbers[high] as number) ? 0.9 : -0.1) * long;
  }

  save(): SavedRanges {
    const keys = new Array<number>(this.#size).fill(0);
    this.#places.forEach((place, key) => {
      if (place > 0) keys[place - 1] = key;
    });
    return { keys, numbers: floatsText(this.#numbers), stretches: [...(this.#stretches ?? [])] };
  }

  get #size(): number {
    return this.#numbers.length / FIELDS;
  }

  /** Hardly any agent has one under way: none of the others needs a map. */
  #put(range: number, stretch: Stretch): void {
    this.#stretches ??= new Map();
    this.#stretches.set(range, stretch);
  }
}
