/**
 * What was told and has not been back to normal since: the same happening, which is not told again each morning. Whether
 * it was back is a sequential test (Wald 1945, Page 1954): each hour adds the logarithm of how much likelier its amount
 * is at the usual level than at the told one, by a quasi-Poisson likelihood, and what speaks against it falls back to 0.
 */
import type { SeriesExpectation } from "../baseline/expectations.ts";
import type { Spoken } from "../runner/speaking.ts";
import { HOUR_MS } from "../time/zones.ts";

/** Reason of a note that what was told goes on. */
export const GOES_ON = "goes_on";

/** Subjects at once; the oldest goes. */
const MOST = 8;
/** Nats, from which on it was back to normal: 20 to 1. */
const BACK_NATS = 3;
/** It goes on at half of what was told, on average, and at so many times the usual at the least. */
const STILL = 0.5;
const STILL_TIMES = 3;
/** Times the amount and the height that were told, both, that are news again. */
const HIGHER = 1.5;
/** From then on it is told anew, if it was not adopted by then. */
const LONGEST_MS = 8 * 24 * HOUR_MS;

interface Happening {
  readonly subject: string;
  since: number;
  /** The most that was told: the amount of an hour, and observed over expected. */
  amount: number;
  height: number;
  /** Sum of the logarithms of the heights that were told, and how many. */
  logs: number;
  tellings: number;
  /** It came again after a pause, without having been back to normal. */
  isHeld: boolean;
  /** Somebody marked it as expected: whether it was back does not matter. */
  isExpected: boolean;
  /** Of the hour in hand: its start, what was observed in it, whether the agent worked; the first one counts from the telling on. */
  from: number;
  observed: number;
  worked: boolean;
  nats: number;
}

/** An hour's amount, and how high above the usual that is. */
export interface Excessive {
  readonly observed: number;
  readonly ratio: number;
}

/** About 200 bytes a subject as text. */
export class Happenings {
  readonly #list: Happening[];

  constructor(saved?: unknown) {
    this.#list = (saved as Happening[] | undefined) ?? [];
  }

  get isEmpty(): boolean {
    return this.#list.length === 0;
  }

  /** The agent did something: an amount of this subject, and of all together. */
  count(subject: string, amount: number): void {
    for (const one of this.#list) {
      one.worked = true;
      if (one.subject === subject || one.subject === "") one.observed += amount;
    }
  }

  /** Judges the hours that are over and worked in, by what the baseline expects of them (undefined: it says nothing of that time). */
  settle(now: number, find: (subject: string) => SeriesExpectation | undefined): void {
    for (const one of this.#list) {
      const end = Math.floor(now / HOUR_MS) * HOUR_MS;
      if (end <= one.from) continue;
      const series = one.worked ? find(one.subject) : undefined;
      // The hour that was worked in, and none of a pause after it: days off do not say that it is over.
      const due = series?.between(one.from, (Math.floor(one.from / HOUR_MS) + 1) * HOUR_MS, "long");
      if (series !== undefined && due !== undefined) one.nats = Math.max(0, one.nats + natsOf(one, series, due));
      one.from = end;
      one.observed = 0;
      one.worked = false;
    }
  }

  /**
   * Whether an excess goes on with what was told. `speaking`: subjects of which it was told without a pause since. False:
   * it is news, to be told and noted with `told`.
   */
  goesOn(subject: string, { observed, ratio }: Excessive, now: number, speaking: readonly Spoken[]): boolean {
    const one = this.#find(subject, now);
    if (one === undefined) return subject === "" && this.#isOfTold(observed);
    if (!speaking.some((spoken) => spoken.subject === one.subject)) one.isHeld = true;
    return one.isHeld && (observed <= HIGHER * one.amount || ratio <= HIGHER * one.height);
  }

  /** It was told; what speaks for its being over begins anew. */
  told(subject: string, excess: Excessive, now: number, goesOn: boolean): void {
    const known = this.#own(subject);
    if (known === undefined) {
      if (!goesOn) this.#begin(subject, excess, now, false);
      return;
    }
    Object.assign(known, { from: now, observed: 0, worked: false, nats: 0 });
    if (goesOn) return;
    if (known.isHeld) Object.assign(known, { since: now, isHeld: false, isExpected: false, logs: 0, tellings: 0 });
    known.amount = Math.max(known.amount, excess.observed);
    known.height = Math.max(known.height, excess.ratio);
    known.logs += Math.log(excess.ratio);
    known.tellings += 1;
  }

  /** A person said that it is as it should be, up to what was told of it. */
  expected(subject: string, { observed, ratio }: Excessive, now: number): void {
    const known = this.#own(subject);
    if (known !== undefined) this.#list.splice(this.#list.indexOf(known), 1);
    const { amount = 0, height = 0 } = known ?? {};
    this.#begin(subject, { observed: Math.max(amount, observed), ratio: Math.max(height, ratio) }, now, true);
  }

  save(): readonly Happening[] {
    return this.#list;
  }

  #begin(subject: string, { observed: amount, ratio: height }: Excessive, now: number, isExpected: boolean): void {
    if (this.#list.length >= MOST) this.#list.shift();
    const sofar = { logs: Math.log(height), tellings: 1 };
    const hour = { from: now, observed: 0, worked: false, nats: 0 };
    this.#list.push({ subject, since: now, amount, height, isHeld: isExpected, isExpected, ...sofar, ...hour });
  }

  /** Whether so much of all together is no more than what was told of tools, one by one, and goes on. */
  #isOfTold(observed: number): boolean {
    const amounts = this.#list.reduce((sum, { amount }) => sum + amount, 0);
    return this.#list.length > 0 && this.#list.every(({ isHeld }) => isHeld) && observed <= HIGHER * amounts;
  }

  #own(subject: string): Happening | undefined {
    return this.#list.find((one) => one.subject === subject);
  }

  /**
   * The subject's own, and no other's: what was told of all calls says nothing of a tool that had no part in it. Those
   * that are over are forgotten.
   */
  #find(subject: string, now: number): Happening | undefined {
    for (let index = this.#list.length - 1; index >= 0; index--) {
      const { since, nats, isExpected } = this.#list[index] as Happening;
      if (now - since > LONGEST_MS || (!isExpected && nats > BACK_NATS)) this.#list.splice(index, 1);
    }
    return this.#own(subject);
  }
}

/** ln P(observed | usual) − ln P(observed | told), in steps of the unit, over-dispersion taken in. */
function natsOf({ observed, logs, tellings }: Happening, { unit, dispersion }: SeriesExpectation, due: number): number {
  const [steps, usual] = [observed / unit, due / unit];
  const times = Math.max(STILL_TIMES, STILL * Math.exp(logs / tellings));
  return ((times - 1) * usual - steps * Math.log(times)) / (1 + dispersion * usual);
}
