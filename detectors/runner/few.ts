/** A map of a handful of entries, in the order in which they were set. Empty, it is a tenth of a `Map`: most agents never fill it. */

type Entry<Key, Value> = readonly [key: Key, value: Value];

const NOTHING: readonly never[] = [];

/** Looked through from the start: for up to about 16 entries. */
export class Few<Key, Value> {
  #entries: readonly Entry<Key, Value>[];

  constructor(entries: readonly Entry<Key, Value>[] = NOTHING) {
    this.#entries = entries.length === 0 ? NOTHING : [...entries];
  }

  get size(): number {
    return this.#entries.length;
  }

  has(key: Key): boolean {
    return this.#indexOf(key) >= 0;
  }

  get(key: Key): Value | undefined {
    return this.#entries[this.#indexOf(key)]?.[1];
  }

  /** In the place of the entry with this key, else as the newest. */
  set(key: Key, value: Value): void {
    const index = this.#indexOf(key);
    this.#entries = index < 0 ? [...this.#entries, [key, value]] : this.#entries.with(index, [key, value]);
  }

  delete(key: Key): void {
    const index = this.#indexOf(key);
    if (index >= 0) this.#entries = this.#entries.length === 1 ? NOTHING : this.#entries.toSpliced(index, 1);
  }

  /** The one that was set first. */
  get oldest(): Key | undefined {
    return this.#entries[0]?.[0];
  }

  keys(): Key[] {
    return this.#entries.map(([key]) => key);
  }

  values(): Value[] {
    return this.#entries.map(([, value]) => value);
  }

  entries(): readonly Entry<Key, Value>[] {
    return this.#entries;
  }

  #indexOf(key: Key): number {
    for (let index = 0; index < this.#entries.length; index++) if (this.#entries[index]?.[0] === key) return index;
    return -1;
  }
}
