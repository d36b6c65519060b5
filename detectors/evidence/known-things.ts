/**
 * What an agent is used to: destinations, tools, turns from one tool to the next, by a 32-bit number each. What is new
 * is on trial until it was seen on three different days; what was part of a page begins anew, unless it went on for
 * seven. 12 bytes a thing, side by side: of thousands of agents nothing stays in the processor's caches, and each further
 * array of an agent is a further wait.
 */
import { wholesOf, wholesText } from "../text/packed-numbers.ts";

/** Days, without a page, after which a thing is known. */
const DAYS_TO_KNOW = 3;
/** Days after which it is known although it was part of a page: it lasted. */
const DAYS_TO_ADOPT = 7;
/** Uses, since the last page that it was part of, that make a habit. */
const FAMILIAR_USES = 8;
/** A known thing that was not seen for so many days is rare, and on trial again. */
const FORGOTTEN_DAYS = 45;
const FIRST_SIZE = 8;
const MOST_USES = 0xffff;
/** Of each thing: key, last day × 65,536 + uses, days × 256 + all days. */
const WORDS = 3;
const NOTHING = new Uint32Array(0);
const DAY_MS = 86_400_000;

/** As former releases wrote it. */
interface FormerThings {
  readonly keys: readonly number[];
  readonly lastDays: readonly number[];
  readonly days: readonly number[];
  readonly allDays: readonly number[];
  readonly uses: readonly number[];
}

export const dayOf = (at: number): number => Math.min(0xffff, Math.max(0, Math.floor(at / DAY_MS)));

/** A 32-bit number, never 0, of a text between two places (FNV-1a, letters without case). */
export function keyOf(text: string, from = 0, to = text.length, seed = 0): number {
  let state = 0x811c9dc5 ^ seed;
  for (let index = from; index < to; index++) {
    let code = text.charCodeAt(index);
    if (code >= 65 && code <= 90) code += 32;
    state = Math.imul(state ^ code, 0x01000193);
  }
  return state >>> 0 || 1;
}

/** Up to `most` things; when it is full, the longest unseen one on trial is forgotten first, so that a flood of new ones costs nothing known. */
export class KnownThings {
  readonly #most: number;
  #size = 0;
  #words = NOTHING;

  /** `saved`: what `save` said, or an object of columns that former releases wrote. */
  constructor(most: number, saved: unknown = "") {
    this.#most = most;
    if (saved === "") return;
    if (typeof saved === "string") {
      this.#words = wholesOf(saved);
      this.#size = this.#words.length / WORDS;
      return;
    }
    const { keys, lastDays, days, allDays, uses } = saved as FormerThings;
    this.#size = keys.length;
    this.#words = new Uint32Array(this.#size * WORDS);
    keys.forEach((key, index) => {
      this.#words[index * WORDS] = key;
      this.#setUse(index, lastDays[index] as number, uses[index] as number);
      this.#setDays(index, days[index] as number, allDays[index] as number);
    });
  }

  /** Place of a thing; −1 when it was never seen or is forgotten. */
  find(key: number): number {
    const words = this.#words;
    const end = this.#size * WORDS;
    for (let at = 0; at < end; at += WORDS) if (words[at] === key) return at / WORDS;
    return -1;
  }

  isKnown(index: number, day: number): boolean {
    return index >= 0 && this.#lasted(index) && day - this.#lastDay(index) <= FORGOTTEN_DAYS;
  }

  /** Known, or, while nothing can be known for want of days (`worked`), used so often without a page that it is a habit. */
  isFamiliar(index: number, day: number, worked: number): boolean {
    return this.isKnown(index, day) || (worked <= DAYS_TO_KNOW && this.usesOf(index) >= FAMILIAR_USES);
  }

  /** Whether a further thing would cost one that is not forgotten yet: then what was never seen may be what had no place. */
  isCrowded(day: number): boolean {
    return this.#size >= this.#most && day - this.#lastDay(this.#oldest()) <= FORGOTTEN_DAYS;
  }

  /** How often it was seen, as far as it is counted: up to 65,535, halved with `halve`. */
  usesOf(index: number): number {
    return index < 0 ? 0 : (this.#words[index * WORDS + 1] as number) & MOST_USES;
  }

  /** The same, but none of a thing that was part of a page on an earlier day and not seen since. */
  usesSincePage(index: number, day: number): number {
    return index < 0 || (this.#days(index) === 0 && this.#lastDay(index) < day) ? 0 : this.usesOf(index);
  }

  /** Notes that it was seen on this day; `found` is what `find` said. Returns its place. */
  see(key: number, day: number, found: number): number {
    const index = found >= 0 ? found : this.#place(key);
    const last = this.#lastDay(index);
    if (day - last > FORGOTTEN_DAYS) this.#setDays(index, 0, 0);
    if (day > last) {
      const days = Math.min(DAYS_TO_KNOW, this.#days(index) + 1);
      this.#setDays(index, days, Math.min(DAYS_TO_ADOPT, this.#allDays(index) + 1));
    }
    this.#setUse(index, Math.max(day, last), Math.min(MOST_USES, this.usesOf(index) + 1));
    return index;
  }

  /** It was part of a page: its days begin anew, and its uses if they are not to be kept, unless it lasted. */
  distrust(key: number, keepsUses = false): void {
    const index = this.find(key);
    if (index < 0 || this.#allDays(index) >= DAYS_TO_ADOPT) return;
    this.#setDays(index, 0, this.#allDays(index));
    if (!keepsUses) this.#setUse(index, this.#lastDay(index), 0);
  }

  /** Somebody said that it is as it should be: it is known from here on. */
  trust(key: number, day: number): void {
    const index = this.see(key, day, this.find(key));
    this.#setDays(index, DAYS_TO_KNOW, DAYS_TO_ADOPT);
  }

  halve(): void {
    for (let index = 0; index < this.#size; index++)
      this.#setUse(index, this.#lastDay(index), Math.ceil(this.usesOf(index) / 2));
  }

  save(): string {
    return wholesText(this.#words.subarray(0, this.#size * WORDS));
  }

  #lastDay(index: number): number {
    return (this.#words[index * WORDS + 1] as number) >>> 16;
  }

  #days(index: number): number {
    return (this.#words[index * WORDS + 2] as number) >>> 8;
  }

  #allDays(index: number): number {
    return (this.#words[index * WORDS + 2] as number) & 0xff;
  }

  #setUse(index: number, lastDay: number, uses: number): void {
    this.#words[index * WORDS + 1] = lastDay * 0x10000 + uses;
  }

  #setDays(index: number, days: number, allDays: number): void {
    this.#words[index * WORDS + 2] = days * 0x100 + allDays;
  }

  #lasted(index: number): boolean {
    return this.#days(index) >= DAYS_TO_KNOW || this.#allDays(index) >= DAYS_TO_ADOPT;
  }

  /** A place for a new thing, at the cost of the longest unseen when all are taken. */
  #place(key: number): number {
    let index = this.#size;
    if (index < this.#most) {
      this.#size++;
      if (index * WORDS >= this.#words.length) this.#grow(Math.min(this.#most, Math.max(FIRST_SIZE, 2 * index)));
    } else {
      index = this.#oldest();
    }
    this.#words[index * WORDS] = key;
    this.#setUse(index, 0, 0);
    this.#setDays(index, 0, 0);
    return index;
  }

  #oldest(): number {
    let found = 0;
    let rank = Number.POSITIVE_INFINITY;
    for (let index = 0; index < this.#size; index++) {
      const kept = this.#lasted(index) ? 0x10000 : 0;
      const mine = kept + this.#lastDay(index);
      if (mine < rank) [found, rank] = [index, mine];
    }
    return found;
  }

  #grow(size: number): void {
    const words = new Uint32Array(size * WORDS);
    words.set(this.#words);
    this.#words = words;
  }
}
