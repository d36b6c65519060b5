/** Amounts of the last hour by series, in 5-minute slots: an event touches one piece of memory, whatever the hour holds. */
import { floatsOf, floatsText } from "../text/packed-numbers.ts";

const SLOT_MS = 300_000;
const SLOTS = 12;
/** Series are added in portions, so that growing stays cheap. */
const GROWTH = 3;

interface SavedHour {
  readonly slot: number;
  readonly kept: number;
  readonly amounts: string;
}

/** As former releases wrote it. */
interface FormerHour {
  readonly slot: number;
  readonly sums: readonly number[];
  readonly rows: readonly (readonly [slot: number, amounts: readonly number[]])[];
}

const NOTHING = new Float32Array(0);

/** Events further back than the hour are left out; what is ahead moves the hour on. */
export class SlidingHour {
  /** The newest slot, counted from the epoch; −1 while empty. */
  #slot = -1;
  #series = 0;
  /** Slots with room, the newest ones: as many as work was done in. Most agents rest most of the hour. */
  #kept = 1;
  /** Series by series: its amounts by slot modulo `#kept`, side by side so that a sum is one look. */
  #amounts = NOTHING;

  /** Adds an amount to some series at a moment; false when the moment is before the hour. */
  add(at: number, series: number, amount: number): boolean {
    const slot = Math.floor(at / SLOT_MS);
    if (slot <= this.#slot - SLOTS) return false;
    if (slot > this.#slot) this.#moveTo(slot);
    if (slot <= this.#slot - this.#kept) this.#keep(this.#slot - slot + 1, this.#slot);
    if (series >= this.#series) this.#grow(series + 1);
    const index = series * this.#kept + (slot % this.#kept);
    this.#amounts[index] = (this.#amounts[index] as number) + amount;
    return true;
  }

  /** The sum of a series over the window: 32-bit amounts in 64 bits, so the order of adding does not matter. */
  sum(series: number): number {
    if (series >= this.#series) return 0;
    let sum = 0;
    const end = (series + 1) * this.#kept;
    for (let index = end - this.#kept; index < end; index++) sum += this.#amounts[index] as number;
    return sum;
  }

  /** Start of the window: its oldest slot. */
  get from(): number {
    return (this.#slot - SLOTS + 1) * SLOT_MS;
  }

  /** Series with an amount in the window, the greatest first. */
  ranking(): number[] {
    const found: (readonly [series: number, sum: number])[] = [];
    for (let series = 0; series < this.#series; series++) {
      const sum = this.sum(series);
      if (sum > 0) found.push([series, sum]);
    }
    return found.sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([series]) => series);
  }

  save(): SavedHour {
    return { slot: this.#slot, kept: this.#kept, amounts: floatsText(this.#amounts) };
  }

  static load(saved: unknown): SlidingHour {
    const hour = new SlidingHour();
    if ("rows" in (saved as SavedHour | FormerHour)) {
      const { slot, rows } = saved as FormerHour;
      for (const [at, amounts] of rows)
        amounts.forEach((amount, series) => void hour.add(at * SLOT_MS, series, amount));
      if (slot > hour.#slot) hour.#moveTo(slot);
      return hour;
    }
    const { slot, kept, amounts } = saved as SavedHour;
    hour.#slot = slot;
    hour.#kept = kept;
    hour.#amounts = floatsOf(amounts);
    hour.#series = hour.#amounts.length / kept;
    return hour;
  }

  /** Takes out what is an hour old. */
  #moveTo(slot: number): void {
    const before = this.#slot;
    const oldest = this.#oldestSince(slot - SLOTS + 1);
    if (oldest !== undefined && slot - oldest >= this.#kept) this.#keep(slot - oldest + 1, before);
    for (let passed = Math.max(before + 1, slot - this.#kept + 1); passed <= slot; passed++) {
      for (let at = passed % this.#kept; at < this.#amounts.length; at += this.#kept) this.#amounts[at] = 0;
    }
    this.#slot = slot;
  }

  /** The first slot from this one on that holds an amount. */
  #oldestSince(slot: number): number | undefined {
    for (let at = Math.max(slot, this.#slot - this.#kept + 1); at <= this.#slot; at++) {
      for (let index = at % this.#kept; index < this.#amounts.length; index += this.#kept) {
        if (this.#amounts[index] !== 0) return at;
      }
    }
    return undefined;
  }

  /** Room for so many slots; what those up to `newest` hold goes along. */
  #keep(slots: number, newest: number): void {
    const [kept, amounts] = [this.#kept, this.#amounts];
    // Who works in every other slot soon works in all: few sizes, few copies.
    this.#kept = slots <= 2 ? 2 : slots <= 4 ? 4 : slots <= 6 ? 6 : SLOTS;
    this.#amounts = new Float32Array(this.#series * this.#kept);
    for (let series = 0; series < this.#series; series++) {
      for (let slot = Math.max(0, newest - kept + 1); slot <= newest; slot++) {
        this.#amounts[series * this.#kept + (slot % this.#kept)] = amounts[series * kept + (slot % kept)] as number;
      }
    }
  }

  #grow(wanted: number): void {
    const series = Math.ceil(wanted / GROWTH) * GROWTH;
    const amounts = new Float32Array(series * this.#kept);
    amounts.set(this.#amounts);
    this.#amounts = amounts;
    this.#series = series;
  }
}
