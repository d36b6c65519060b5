/**
 * What an agent is used to: destinations, tools, turns from one tool to the next, by a 32-bit number each. What is new
 * is on trial until it was seen on three different days; what was part of a page begins anew, unless it went on for
 * seven. 10 bytes a thing.
 */

/** Days, without a page, after which a thing is known. */
const DAYS_TO_KNOW = 3;
/** Days after which it is known although it was part of a page: it lasted. */
const DAYS_TO_ADOPT = 7;
/** A known thing that was not seen for so many days is rare, and on trial again. */
const FORGOTTEN_DAYS = 45;
const FIRST_SIZE = 8;
const MOST_USES = 0xffff;
const DAY_MS = 86_400_000;

export interface SavedThings {
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
  #keys = new Uint32Array(0);
  #lastDays = new Uint16Array(0);
  #days = new Uint8Array(0);
  #allDays = new Uint8Array(0);
  #uses = new Uint16Array(0);

  constructor(most: number, saved?: unknown) {
    this.#most = most;
    if (saved === undefined) return;
    const { keys, lastDays, days, allDays, uses } = saved as SavedThings;
    this.#size = keys.length;
    this.#resize(this.#size);
    this.#keys.set(keys);
    this.#lastDays.set(lastDays);
    this.#days.set(days);
    this.#allDays.set(allDays);
    this.#uses.set(uses);
  }

  /** Place of a thing; −1 when it was never seen or is forgotten. */
  find(key: number): number {
    const index = this.#keys.indexOf(key);
    return index < this.#size ? index : -1;
  }

  isKnown(index: number, day: number): boolean {
    if (index < 0) return false;
    return this.#lasted(index) && day - (this.#lastDays[index] as number) <= FORGOTTEN_DAYS;
  }

  /** How often it was seen, as far as it is counted: up to 65,535, halved with `halve`. */
  usesOf(index: number): number {
    return index < 0 ? 0 : (this.#uses[index] as number);
  }

  /** Notes that it was seen on this day; `found` is what `find` said. Returns its place. */
  see(key: number, day: number, found: number): number {
    const index = found >= 0 ? found : this.#place(key);
    const last = this.#lastDays[index] as number;
    if (day - last > FORGOTTEN_DAYS) this.#days[index] = this.#allDays[index] = 0;
    if (day > last) {
      this.#lastDays[index] = day;
      this.#days[index] = Math.min(DAYS_TO_KNOW, (this.#days[index] as number) + 1);
      this.#allDays[index] = Math.min(DAYS_TO_ADOPT, (this.#allDays[index] as number) + 1);
    }
    this.#uses[index] = Math.min(MOST_USES, (this.#uses[index] as number) + 1);
    return index;
  }

  /** It was part of a page: its days begin anew. */
  distrust(key: number): void {
    const index = this.find(key);
    if (index < 0) return;
    this.#days[index] = 0;
    this.#uses[index] = 0;
  }

  /** Somebody said that it is as it should be: it is known from here on. */
  trust(key: number, day: number): void {
    const index = this.see(key, day, this.find(key));
    this.#days[index] = DAYS_TO_KNOW;
    this.#allDays[index] = DAYS_TO_ADOPT;
  }

  halve(): void {
    for (let index = 0; index < this.#size; index++) this.#uses[index] = Math.ceil((this.#uses[index] as number) / 2);
  }

  save(): SavedThings {
    const cut = (column: Uint32Array | Uint16Array | Uint8Array) => Array.from(column.subarray(0, this.#size));
    const [keys, lastDays, uses] = [cut(this.#keys), cut(this.#lastDays), cut(this.#uses)];
    return { keys, lastDays, days: cut(this.#days), allDays: cut(this.#allDays), uses };
  }

  #lasted(index: number): boolean {
    return (this.#days[index] as number) >= DAYS_TO_KNOW || (this.#allDays[index] as number) >= DAYS_TO_ADOPT;
  }

  #place(key: number): number {
    let index = this.#size;
    if (index < this.#most) {
      this.#size++;
      if (index >= this.#keys.length) this.#resize(Math.min(this.#most, Math.max(FIRST_SIZE, 2 * index)));
    } else {
      index = this.#oldest();
    }
    this.#keys[index] = key;
    this.#lastDays[index] = 0;
    this.#days[index] = 0;
    this.#allDays[index] = 0;
    this.#uses[index] = 0;
    return index;
  }

  #oldest(): number {
    let found = 0;
    let rank = Number.POSITIVE_INFINITY;
    for (let index = 0; index < this.#size; index++) {
      const kept = this.#lasted(index) ? 0x10000 : 0;
      const mine = kept + (this.#lastDays[index] as number);
      if (mine < rank) [found, rank] = [index, mine];
    }
    return found;
  }

  #resize(size: number): void {
    const grown = <T extends Uint32Array | Uint16Array | Uint8Array>(to: T, from: T): T => {
      to.set(from);
      return to;
    };
    this.#keys = grown(new Uint32Array(size), this.#keys);
    this.#lastDays = grown(new Uint16Array(size), this.#lastDays);
    this.#days = grown(new Uint8Array(size), this.#days);
    this.#allDays = grown(new Uint8Array(size), this.#allDays);
    this.#uses = grown(new Uint16Array(size), this.#uses);
  }
}
