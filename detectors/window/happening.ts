/**
 * What was told and has not been back to normal since: the same happening, which is not told again each morning. Whether
 * it was back is a sequential test (Wald 1945, Page 1954): each hour adds the logarithm of how much likelier its amount
 * is at the usual level than at the told one, by a quasi-Poisson likelihood, and what speaks against it falls back to 0.
 */
import type { SeriesExpectation } from "../baseline/expectations.ts";
import { HOUR_MS } from "../time/zones.ts";

/** Subjects at once; the oldest goes. */
const MOST = 8;
/** Nats, from which on it was back to normal: 20 to 1. */
const BACK_NATS = 3;
/** Times the told height that is news again. */
const HIGHER = 1.5;
/** From then on it is told anew, if it was not adopted by then. */
const LONGEST_MS = 8 * 24 * HOUR_MS;

interface Happening {
  readonly subject: string;
  since: number;
  /** Observed over expected, the most that was told. */
  height: number;
  /** It came again after a pause, without having been back to normal. */
  isHeld: boolean;
  /** Somebody marked it as expected: whether it was back does not matter. */
  isExpected: boolean;
  /** Of the hour in hand: its start, and what was observed in it; the first one counts from the telling on. */
  from: number;
  observed: number;
  nats: number;
}

/** About 100 bytes a subject. */
export class Happenings {
  readonly #list: Happening[];

  constructor(saved?: unknown) {
    this.#list = (structuredClone(saved) as Happening[] | undefined) ?? [];
  }

  get isEmpty(): boolean {
    return this.#list.length === 0;
  }

  /** Adds an amount to what is observed of a subject. */
  count(subject: string, amount: number): void {
    for (const one of this.#list) if (one.subject === subject) one.observed += amount;
  }

  /** Judges the hours that are over, by what the baseline expects of them (undefined: it says nothing of that time). */
  settle(now: number, find: (subject: string) => SeriesExpectation | undefined): void {
    for (const one of this.#list) {
      const end = Math.floor(now / HOUR_MS) * HOUR_MS;
      if (end <= one.from) continue;
      const series = find(one.subject);
      const due = series?.between(one.from, end, "long");
      if (series !== undefined && due !== undefined) one.nats = Math.max(0, one.nats + natsOf(one, series, due));
      one.from = end;
      one.observed = 0;
    }
  }

  /**
   * Whether an excess of this height goes on with what was told. `isSpeaking`: it has not paused since. False: it is
   * news, to be told and noted with `told`.
   */
  goesOn(subject: string, height: number, now: number, isSpeaking: boolean): boolean {
    const one = this.#find(subject, now);
    if (one === undefined) return false;
    if (!isSpeaking) one.isHeld = true;
    return one.isHeld && height <= HIGHER * one.height;
  }

  /** It was told at this height; what speaks for its being over begins anew. */
  told(subject: string, height: number, now: number, goesOn: boolean): void {
    const known = this.#own(subject);
    if (known === undefined) {
      if (goesOn) return;
      this.#add({ subject, since: now, height, isHeld: false, isExpected: false, from: now, observed: 0, nats: 0 });
      return;
    }
    Object.assign(known, { from: now, observed: 0, nats: 0 });
    if (goesOn) return;
    if (known.isHeld) Object.assign(known, { since: now, isHeld: false, isExpected: false });
    known.height = Math.max(known.height, height);
  }

  /** A person said that it is as it should be, up to what was told of it. */
  expected(subject: string, height: number, now: number): void {
    const known = this.#own(subject);
    const most = Math.max(known?.height ?? 0, height);
    if (known !== undefined) this.#list.splice(this.#list.indexOf(known), 1);
    this.#add({ subject, since: now, height: most, isHeld: true, isExpected: true, from: now, observed: 0, nats: 0 });
  }

  save(): readonly Happening[] {
    return this.#list;
  }

  #add(one: Happening): void {
    if (this.#list.length >= MOST) this.#list.shift();
    this.#list.push(one);
  }

  #own(subject: string): Happening | undefined {
    return this.#list.find((one) => one.subject === subject);
  }

  /** The subject's own; else that of all together, or, of all together, any. Those that are over are forgotten. */
  #find(subject: string, now: number): Happening | undefined {
    for (let index = this.#list.length - 1; index >= 0; index--) {
      const { since, nats, isExpected } = this.#list[index] as Happening;
      if (now - since > LONGEST_MS || (!isExpected && nats > BACK_NATS)) this.#list.splice(index, 1);
    }
    return this.#own(subject) ?? (subject === "" ? this.#list[0] : this.#own(""));
  }
}

/** ln P(observed | usual) − ln P(observed | told), in steps of the unit, over-dispersion taken in. */
function natsOf({ observed, height }: Happening, { unit, dispersion }: SeriesExpectation, due: number): number {
  const [steps, usual] = [observed / unit, due / unit];
  return ((height - 1) * usual - steps * Math.log(height)) / (1 + dispersion * usual);
}
