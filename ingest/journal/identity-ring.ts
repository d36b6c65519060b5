/**
 * A bounded memory of identities in the order in which they came: columns of a ring, and two hash indexes (by
 * identity, by identity and content) that point at the newest entry. Typed arrays, because two groups times four
 * partitions times 100,000 entries of strings and objects would be hundreds of megabytes.
 */

export interface IdentityRing {
  /** Arrival of the newest entry of this identity (and, if given, this content); undefined when none is held. */
  newestArrival(identity: Buffer, content?: Buffer): number | undefined;
  /** Adds the newest entry. At most `capacity` entries are held: forget the oldest first. */
  remember(identity: Buffer, content: Buffer, offset: number, arrival: number): void;
  oldestOffset(): number | undefined;
  /** Drops the oldest entry and returns its arrival. */
  forgetOldest(): number;
  size(): number;
}

const WORDS = 4;
const FIRST_CAPACITY = 1024;

/** `identity` and `content` are compared by their first 16 bytes. */
export function createIdentityRing(capacity: number): IdentityRing {
  let columns = allocate(Math.min(capacity + 1, FIRST_CAPACITY));
  let head = 0;
  let size = 0;
  const probe = new Uint32Array(2 * WORDS);

  function load(identity: Buffer, content: Buffer | undefined): void {
    for (let word = 0; word < WORDS; word++) probe[word] = identity.readUInt32LE(word * 4);
    for (let word = 0; word < WORDS; word++)
      probe[WORDS + word] = content === undefined ? 0 : content.readUInt32LE(word * 4);
  }

  function grow(): void {
    const old = columns;
    const next = allocate(Math.min(capacity + 1, old.slots * 2));
    for (let i = 0; i < size; i++) {
      const from = (head + i) % old.slots;
      next.keys.set(old.keys.subarray(from * 2 * WORDS, (from + 1) * 2 * WORDS), i * 2 * WORDS);
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
    newestArrival(identity, content) {
      load(identity, content);
      const slot = (content === undefined ? columns.byIdentity : columns.byContent).find(probe);
      return slot < 0 ? undefined : columns.arrivals[slot];
    },
    remember(identity, content, offset, arrival) {
      if (size === columns.slots) {
        if (columns.slots > capacity) forgetOldest();
        else grow();
      }
      const slot = (head + size) % columns.slots;
      load(identity, content);
      columns.keys.set(probe, slot * 2 * WORDS);
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
  const keys = new Uint32Array(slots * 2 * WORDS);
  return {
    slots,
    keys,
    offsets: new Float64Array(slots),
    arrivals: new Float64Array(slots),
    byIdentity: createIndex(keys, slots, WORDS),
    byContent: createIndex(keys, slots, 2 * WORDS),
  };
}

/** Open addressing with linear probing over slots of `keys`; equal keys share one place, the newest slot has it. */
function createIndex(keys: Uint32Array, slots: number, words: number) {
  const places = 2 ** Math.ceil(Math.log2(slots * 1.5));
  const mask = places - 1;
  const table = new Int32Array(places).fill(-1);

  const homeOf = (source: Uint32Array, at: number): number =>
    ((source[at] as number) ^ (words > WORDS ? (source[at + WORDS] as number) : 0)) & mask;

  function placeOf(source: Uint32Array, at: number): number {
    let place = homeOf(source, at);
    for (;;) {
      const slot = table[place] as number;
      if (slot < 0 || equal(source, at, slot * 2 * WORDS)) return place;
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
      table[placeOf(keys, slot * 2 * WORDS)] = slot;
    },
    /** Removes the slot if it is the one its key points at; shifts back what was displaced, so no marks are left. */
    remove(slot: number): void {
      let hole = placeOf(keys, slot * 2 * WORDS);
      if (table[hole] !== slot) return;
      for (let next = (hole + 1) & mask; (table[next] as number) >= 0; next = (next + 1) & mask) {
        const home = homeOf(keys, (table[next] as number) * 2 * WORDS);
        if (((next - home) & mask) >= ((next - hole) & mask)) {
          table[hole] = table[next] as number;
          hole = next;
        }
      }
      table[hole] = -1;
    },
  };
}
