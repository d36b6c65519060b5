/** Amounts of the last hour by series, in 5-minute slots, with running sums: constant work per event. */

const SLOT_MS = 300_000;
const SLOTS = 12;
/** Series are added in portions, so that growing stays cheap. */
const GROWTH = 3;

interface SavedHour {
  readonly slot: number;
  readonly sums: readonly number[];
  readonly rows: readonly (readonly [slot: number, amounts: readonly number[]])[];
}

const NO_ROWS = new Float32Array(0);
const NO_SUMS = new Float64Array(0);

/** Events further back than the hour are left out; what is ahead moves the hour on. */
export class SlidingHour {
  /** The newest slot, counted from the epoch; −1 while empty. */
  #slot = -1;
  #series = 0;
  /** Row by row: slot modulo 12, then series. */
  #rows = NO_ROWS;
  #sums = NO_SUMS;

  /** Adds an amount to some series at a moment; false when the moment is before the hour. */
  add(at: number, series: number, amount: number): boolean {
    const slot = Math.floor(at / SLOT_MS);
    if (slot <= this.#slot - SLOTS) return false;
    if (slot > this.#slot) this.#moveTo(slot);
    if (series >= this.#series) this.#grow(series + 1);
    const index = (slot % SLOTS) * this.#series + series;
    const before = this.#rows[index] ?? 0;
    const after = Math.fround(before + amount);
    this.#rows[index] = after;
    this.#sums[series] = (this.#sums[series] ?? 0) + (after - before);
    return true;
  }

  /** The sum of a series over the window. */
  sum(series: number): number {
    return this.#sums[series] ?? 0;
  }

  /** Start of the window: its oldest slot. */
  get from(): number {
    return (this.#slot - SLOTS + 1) * SLOT_MS;
  }

  /** Series with an amount in the window, the greatest first. */
  ranking(): number[] {
    const found: number[] = [];
    for (let series = 0; series < this.#series; series++) if (this.sum(series) > 0) found.push(series);
    return found.sort((a, b) => this.sum(b) - this.sum(a) || a - b);
  }

  save(): SavedHour {
    const rows: [number, number[]][] = [];
    for (let slot = Math.max(0, this.#slot - SLOTS + 1); slot <= this.#slot; slot++) {
      const amounts = Array.from(this.#row(slot));
      if (amounts.some((amount) => amount !== 0)) rows.push([slot, amounts]);
    }
    return { slot: this.#slot, sums: Array.from(this.#sums), rows };
  }

  static load(saved: unknown): SlidingHour {
    const { slot, sums, rows } = saved as SavedHour;
    const hour = new SlidingHour();
    hour.#slot = slot;
    hour.#grow(sums.length);
    for (const [at, amounts] of rows) hour.#row(at).set(amounts);
    hour.#sums.set(sums);
    return hour;
  }

  #row(slot: number): Float32Array {
    const start = (slot % SLOTS) * this.#series;
    return this.#rows.subarray(start, start + this.#series);
  }

  /** Takes out what is an hour old. Sums of 32-bit amounts in 64 bits are exact, so nothing gathers. */
  #moveTo(slot: number): void {
    const first = Math.max(this.#slot + 1, slot - SLOTS + 1);
    for (let passed = first; passed <= slot; passed++) {
      const start = (passed % SLOTS) * this.#series;
      for (let series = 0; series < this.#series; series++) {
        this.#sums[series] = (this.#sums[series] as number) - (this.#rows[start + series] as number);
        this.#rows[start + series] = 0;
      }
    }
    this.#slot = slot;
  }

  #grow(wanted: number): void {
    const series = Math.ceil(wanted / GROWTH) * GROWTH;
    const rows = new Float32Array(SLOTS * series);
    for (let slot = 0; slot < SLOTS; slot++) rows.set(this.#row(slot), slot * series);
    this.#rows = rows;
    this.#series = series;
    const sums = new Float64Array(series);
    sums.set(this.#sums);
    this.#sums = sums;
  }
}
