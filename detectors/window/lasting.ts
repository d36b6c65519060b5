/**
 * Amounts that are several times the usual for hours on end, none of which is wild enough to speak for itself. Each hour
 * adds the log likelihood ratio of three times the usual to the usual, both negative binomial, and what speaks against
 * it falls back to 0 (Page 1954): every window length at once, in a few numbers a series. No hour decides alone (the
 * clipped ratio of Huber 1965, Ann. Math. Stat. 36): single wild hours are for those who judge the hour.
 */
import type { SeriesExpectation } from "../baseline/expectations.ts";
import { HOUR_MS } from "../time/zones.ts";
import { gainOf, mostOf, usualOf } from "./hour-evidence.ts";

/** Times the usual that all of it must come to. */
const LEAST_TIMES = 2.7;
/** Times what the greatest of each three hours would come to, lately too: a job that moved and a level that rose are no excess. */
const LEAST_TIMES_OF_MOST = 1.8;
/** Times the most evidence that passed without being told, and by how much that fades with each that follows. */
const ABOVE_HABIT = 1.3;
const FADE = 0.98;
/** Share of what it takes that one hour gives at the most. */
const MOST_OF_AN_HOUR = 0.4;
/** Series are added in portions. */
const GROWTH = 3;

/** Fields of a series. Hours are counted from the epoch; a usual amount of −1 is not known. */
const HOUR = 0;
const AMOUNT = 1;
const USUAL = 2;
/** Evidence of the hours that are over, in nats; the greatest since it was 0, and of stretches before. */
const NATS = 3;
const PEAK = 4;
const MOST = 5;
/** Since the evidence was 0: first hour, amounts, and whether it was told. */
const FROM = 6;
const OBSERVED = 7;
const EXPECTED = 8;
const TOLD = 9;
/** Like EXPECTED, of each hour the greatest of it and its neighbours. */
const MOST_EXPECTED = 10;
const FIELDS = 11;

export interface Lasting {
  /** Unix milliseconds, a whole hour. */
  readonly from: number;
  readonly observed: number;
  readonly expected: number;
  readonly nats: number;
}

/** 44 bytes a series. */
export class LastingExcess {
  #rows: Float32Array;

  constructor(saved: unknown = []) {
    this.#rows = Float32Array.from(saved as readonly number[]);
  }

  save(): readonly number[] {
    return Array.from(this.#rows);
  }

  /**
   * Takes in an amount of a series at a moment; returns what has lasted and takes no more evidence than it has.
   * @param least Nats that it takes at the least: by chance it comes about once in e^least hours (Lorden 1971).
   */
  add(series: number, amount: number, at: number, expectation: SeriesExpectation, least: number): Lasting | undefined {
    const row = this.#find(series);
    const rows = this.#rows;
    const hour = Math.floor(at / HOUR_MS);
    const known = rows[row + HOUR] as number;
    // Within lateness: it counts for the hour in hand.
    if (hour > known) this.#moveTo(row, hour, expectation, least);
    rows[row + AMOUNT] = (rows[row + AMOUNT] as number) + amount;
    const usual = rows[row + USUAL] as number;
    const inHour = rows[row + AMOUNT] as number;
    if (usual < 0 || inHour <= usual || rows[row + NATS] === 0) return undefined;
    const limit = this.#limit(row, least);
    const gain = this.#gain(inHour, usual, expectation, limit);
    const nats = (rows[row + NATS] as number) + gain;
    if (gain <= 0 || nats < limit) return undefined;
    const observed = (rows[row + OBSERVED] as number) + inHour;
    const expected = (rows[row + EXPECTED] as number) + usual;
    const most = (rows[row + MOST_EXPECTED] as number) + mostOf(expectation, hour);
    if (observed < LEAST_TIMES * expected || observed < LEAST_TIMES_OF_MOST * most) return undefined;
    return { from: (rows[row + FROM] as number) * HOUR_MS, observed, expected, nats };
  }

  /**
   * Closes the hours up to now by what is known of them; a baseline that comes after knows nothing of them. Hours without
   * work speak against an excess as loudly as hours with much work for it.
   */
  settle(at: number, find: (series: number) => SeriesExpectation | undefined, least: number): void {
    const hour = Math.floor(at / HOUR_MS);
    for (let row = 0; row < this.#rows.length; row += FIELDS) {
      const isOpen = (this.#rows[row + NATS] as number) > 0 || (this.#rows[row + AMOUNT] as number) > 0;
      if (!isOpen || hour <= (this.#rows[row + HOUR] as number)) continue;
      const expectation = find(row / FIELDS);
      if (expectation === undefined) this.#end(row);
      else this.#moveTo(row, hour, expectation, least);
    }
  }

  /** It was told, by whomever, and all that is under way with it: no habit, and the same cause. */
  tell(): void {
    for (let row = 0; row < this.#rows.length; row += FIELDS) {
      if ((this.#rows[row + NATS] as number) > 0) this.#rows[row + TOLD] = 1;
    }
  }

  wasTold(series: number): boolean {
    return this.#rows[this.#find(series) + TOLD] === 1;
  }

  /** What was told is over: to be told again takes hours of its own. */
  forget(series: number): void {
    this.#end(this.#find(series));
  }

  #limit(row: number, least: number): number {
    return Math.max(least, ABOVE_HABIT * (this.#rows[row + MOST] as number));
  }

  #gain(amount: number, usual: number, { unit, dispersion }: SeriesExpectation, limit: number): number {
    const step = unit > 0 ? unit : 1;
    return Math.min(MOST_OF_AN_HOUR * limit, gainOf(amount / step, usual / step, dispersion));
  }

  /** Closes the hours before. */
  #moveTo(row: number, hour: number, expectation: SeriesExpectation, least: number): void {
    const rows = this.#rows;
    const limit = this.#limit(row, least);
    for (let at = rows[row + HOUR] as number; at > 0 && at < hour; at++) {
      const usual = at === rows[row + HOUR] ? (rows[row + USUAL] as number) : usualOf(expectation, at);
      const amount = at === rows[row + HOUR] ? (rows[row + AMOUNT] as number) : 0;
      const before = rows[row + NATS] as number;
      const gain = usual < 0 ? 0 : this.#gain(amount, usual, expectation, limit);
      const nats = Math.min(2 * limit, before + gain);
      if (nats <= 0) {
        this.#end(row);
        if (at > (rows[row + HOUR] as number)) break;
        continue;
      }
      if (before === 0) rows[row + FROM] = at;
      rows[row + NATS] = nats;
      rows[row + PEAK] = Math.max(nats, rows[row + PEAK] as number);
      rows[row + OBSERVED] = (rows[row + OBSERVED] as number) + amount;
      rows[row + EXPECTED] = (rows[row + EXPECTED] as number) + Math.max(0, usual);
      rows[row + MOST_EXPECTED] = (rows[row + MOST_EXPECTED] as number) + mostOf(expectation, at);
    }
    rows[row + HOUR] = hour;
    rows[row + AMOUNT] = 0;
    rows[row + USUAL] = usualOf(expectation, hour);
  }

  #end(row: number): void {
    const rows = this.#rows;
    const peak = rows[row + PEAK] as number;
    if (peak > 0 && rows[row + TOLD] === 0) rows[row + MOST] = Math.max(peak, FADE * (rows[row + MOST] as number));
    for (const field of [NATS, PEAK, FROM, OBSERVED, EXPECTED, MOST_EXPECTED, TOLD]) rows[row + field] = 0;
  }

  #find(series: number): number {
    const row = series * FIELDS;
    if (row >= this.#rows.length) {
      const rows = new Float32Array(Math.ceil((series + 1) / GROWTH) * GROWTH * FIELDS);
      rows.set(this.#rows);
      this.#rows = rows;
    }
    return row;
  }
}
