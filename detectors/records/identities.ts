/** The last identities of an agent, to see one that comes again with another content. */
import { crc32 } from "node:zlib";

/** About the last minutes of work. */
const KEPT = 32;

/** Identity and content by 32 bits each. The oldest first; 8 bytes an entry and at most 256 an agent. */
export type SavedIdentities = readonly number[];

/** Remembers nothing until an event has an id of its own. */
export class Identities {
  #ring: Uint32Array | undefined;
  #next = 0;
  #size = 0;

  constructor(saved: SavedIdentities = []) {
    for (let index = 0; index + 1 < saved.length; index += 2) this.#put(saved[index] ?? 0, saved[index + 1] ?? 0);
  }

  /** Whether the id came lately with another content; remembers the newest. */
  isReused(id: string, content: string): boolean {
    const key = crc32(id);
    const value = Number.parseInt(content.slice(0, 8), 16) >>> 0;
    const ring = this.#ring;
    if (ring !== undefined) {
      for (let index = 0; index < this.#size; index++) {
        if (ring[2 * index] !== key) continue;
        const isOther = ring[2 * index + 1] !== value;
        ring[2 * index + 1] = value;
        return isOther;
      }
    }
    this.#put(key, value);
    return false;
  }

  #put(key: number, value: number): void {
    this.#ring ??= new Uint32Array(2 * KEPT);
    this.#ring[2 * this.#next] = key;
    this.#ring[2 * this.#next + 1] = value;
    this.#next = (this.#next + 1) % KEPT;
    this.#size = Math.min(KEPT, this.#size + 1);
  }

  save(): SavedIdentities {
    const ring = this.#ring;
    if (ring === undefined) return [];
    const first = this.#size < KEPT ? 0 : this.#next;
    return Array.from({ length: 2 * this.#size }, (_, at) => ring[(2 * first + at) % (2 * KEPT)] ?? 0);
  }
}
