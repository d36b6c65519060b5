/** Timers in due order: a binary heap whose outdated entries are dropped when they come up. */

interface Entry {
  readonly due: number;
  readonly key: string;
}

/** Ordered by due time, then by key, so that the order never depends on how timers were set. */
function isBefore(a: Entry, b: Entry): boolean {
  return a.due < b.due || (a.due === b.due && a.key < b.key);
}

/** One timer per key; setting it again moves it. */
export class DueQueue {
  readonly #heap: Entry[] = [];
  readonly #dueOf = new Map<string, number>();

  set(key: string, due: number | undefined): void {
    if (due === this.#dueOf.get(key)) return;
    if (due === undefined) {
      this.#dueOf.delete(key);
      return;
    }
    this.#dueOf.set(key, due);
    this.#push({ due, key });
  }

  nextDue(): number | undefined {
    this.#dropOutdated();
    return this.#heap[0]?.due;
  }

  /** The key of the first timer due at or before this moment, which is thereby taken out. */
  take(due: number): string | undefined {
    this.#dropOutdated();
    const first = this.#heap[0];
    if (first === undefined || first.due > due) return undefined;
    this.#pop();
    this.#dueOf.delete(first.key);
    return first.key;
  }

  #dropOutdated(): void {
    for (let first = this.#heap[0]; first !== undefined; first = this.#heap[0]) {
      if (this.#dueOf.get(first.key) === first.due) return;
      this.#pop();
    }
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(entry);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent] as Entry;
      if (!isBefore(entry, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Entry, heap[child] as Entry)) child++;
      if (!isBefore(heap[child] as Entry, last)) break;
      heap[index] = heap[child] as Entry;
      index = child;
    }
    heap[index] = last;
  }
}

/** The key of an agent's timer of the detector in this place. */
export function timerKey(agent: string, index: number): string {
  return `${index} ${agent}`;
}
