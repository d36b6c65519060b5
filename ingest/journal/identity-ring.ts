/**
 * A bounded memory of identities in the order in which they came: columns of a ring, and two hash indexes (by
 * identity, by identity and content) that point at the newest entry. Typed arrays, because two groups times four
 * partitions times 100,000 entries of strings and objects would be hundreds of megabytes.
 */

/** Words of a key: the first half is the identity, the second the content. */
export const KEY_WORDS = 8;
const IDENTITY_WORDS = 4;
const FIRST_CAPACITY = 1024;

export interface IdentityRing {
  /** Arrival of the newest entry with this key's identity (and its content too); undefined when none is held. */
  newestArrival(key: Uint32Array, like: "identity" | "content"): number | undefined;
  /** Adds the newest entry. At most `capacity` entries besides it are held: forget the oldest first. */
  remember(key: Uint32Array, offset: number, arrival: number): void;
  oldestOffset(): number | undefined;
  /** Drops the oldest entry and returns its arrival. */
  forgetOldest(): number;
  size(): number;
}

/** An empty memory; it grows with what it holds. */
export function createIdentityRing(capacity: number): IdentityRing {
  let columns = allocate(Math.min(capacity + 1, FIRST_CAPACITY));
  let head = 0;
  let size = 0;

  function grow(): void {
    const old = columns;
    const next = allocate(Math.min(capacity + 1, old.slots * 2));
    for (let i = 0; i < size; i++) {
      const from = (head + i) % old.slots;
      next.keys.set(old.keys.subarray(from * KEY_WORDS, (from + 1) * KEY_WORDS), i * KEY_WORDS);
      next.offsets[i] = old.offsets[from] as number;
      next.arrivals[i] = old.arrivals[from] as number;
      next.byIdentity.set(i);
      next.byContent.set(i);
    }
    columns = next;
    head = 0;
  }

  function forgetOldest(): number {
    const slot = head;
    columns.byIdentity.remove(slot);
    columns.byContent.remove(slot);
    head = (head + 1) % columns.slots;
    size--;
    return columns.arrivals[slot] as number;
  }

  return {
    newestArrival(key, like) {
      const slot = (like === "identity" ? columns.byIdentity : columns.byContent).find(key);
      return slot < 0 ? undefined : columns.arrivals[slot];
    },
    remember(key, offset, arrival) {
      if (size === columns.slots) {
        if (columns.slots > capacity) forgetOldest();
        else grow();
      }
      const slot = (head + size) % columns.slots;
      columns.keys.set(key, slot * KEY_WORDS);
      columns.offsets[slot] = offset;
      columns.arrivals[slot] = arrival;
      columns.byIdentity.set(slot);
      columns.byContent.set(slot);
      size++;
    },
    oldestOffset: () => (size === 0 ? undefined : columns.offsets[head]),
    forgetOldest,
    size: () => size,
  };
}

function allocate(slots: number) {
  const keys = new Uint32Array(slots * KEY_WORDS);
  return {
    slots,
    keys,
    offsets: new Float64Array(slots),
    arrivals: new Float64Array(slots),
    byIdentity: createIndex(keys, slots, IDENTITY_WORDS),
    byContent: createIndex(keys, slots, KEY_WORDS),
  };
}

/** Open addressing with linear probing over slots of `keys`; equal keys share one place, the newest slot has it. */
function createIndex(keys: Uint32Array, slots: number, words: number) {
  const places = 2 ** Math.ceil(Math.log2(slots * 1.5));
  const mask = places - 1;
  const table = new Int32Array(places).fill(-1);

  const homeOf = (source: Uint32Array, at: number): number =>
    ((source[at] as number) ^ (words > IDENTITY_WORDS ? (source[at + IDENTITY_WORDS] as number) : 0)) & mask;

  function placeOf(source: Uint32Array, at: number): number {
    let place = homeOf(source, at);
    for (;;) {
      const slot = table[place] as number;
      if (slot < 0 || equal(source, at, slot * KEY_WORDS)) return place;
      place = (place + 1) & mask;
    }
  }

  function equal(source: Uint32Array, at: number, other: number): boolean {
    for (let word = 0; word < words; word++) if (source[at + word] !== keys[other + word]) return false;
    return true;
  }

  return {
    find: (key: Uint32Array): number => table[placeOf(key, 0)] as number,
    set(slot: number): void {
      table[placeOf(keys, slot * KEY_WORDS)] = slot;
    },
    /** Removes the slot if it is the one its key points at; shifts back what was displaced, so no marks are left. */
    remove(slot: number): void {
      let hole = placeOf(keys, slot * KEY_WORDS);
      if (table[hole] !== slot) return;
      for (let next = (hole + 1) & mask; (table[next] as number) >= 0; next = (next + 1) & mask) {
        const home = homeOf(keys, (table[next] as number) * KEY_WORDS);
        if (((next - home) & mask) >= ((next - hole) & mask)) {
          table[hole] = table[next] as number;
          hole = next;
        }
      }
      table[hole] = -1;
    },
  };
}
