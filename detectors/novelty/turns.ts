/**
 * How surprising it is that one tool follows another in a run: a bigram model of this agent with additive smoothing, in
 * nats. Turns on trial count as never seen. What is odd is measured by the agent's own history of surprises, so that one
 * that improvises all day has to do more.
 */
import type { KnownThings } from "../evidence/known-things.ts";
import { floatsOf, floatsText } from "../text/packed-numbers.ts";

/** Added to each count (Lidstone). */
const SMOOTHING = 0.5;
/** Below it (one turn in 55) nothing is odd, whatever the history. */
const LEAST_NATS = 4;
const BUCKETS = 13;
/** The share of the agent's turns that may be called odd: about one run of ten calls in twenty. */
const ODD_SHARE = 0.005;
/** Beyond it the history of surprises is halved, so that old habits fade. */
const HORIZON = 20_000;
const MOST_ROWS = 66;
const MOST_PLACES = BUCKETS + MOST_ROWS + 1;
/** Room for tools that come later. */
const SPARE = 4;
const FULL_ROW = 60_000;

/** As former releases wrote it. */
interface FormerTurns {
  readonly rows: readonly number[];
  readonly surprises: readonly number[];
}

/** Key of a turn: from tool number `from` (−1: the run's begin) to `to`. */
export function turnKey(from: number, to: number): number {
  return ((from + 2) * 0x10000 + to + 1) >>> 0;
}

/** Whole nats, as far as they are told apart. */
export function bucketOf(nats: number): number {
  return Math.max(0, Math.min(BUCKETS - 1, Math.floor(nats)));
}

/** 4 bytes a tool and 52 beside the turns themselves. */
export class Turns {
  /** Surprises by whole nats, then turns from each tool. */
  #counts: Float32Array;

  /** `saved`: what `save` said, or the two arrays that former releases wrote. */
  constructor(saved?: unknown) {
    if (typeof saved === "string") {
      this.#counts = floatsOf(saved);
      return;
    }
    const { rows = [], surprises = [] } = (saved as FormerTurns | undefined) ?? {};
    this.#counts = new Float32Array(BUCKETS + rows.length);
    this.#counts.set(surprises);
    this.#counts.set(rows, BUCKETS);
  }

  /** −ln of the smoothed share of this turn among all from the same tool. `uses` is 0 for a turn on trial. */
  surpriseOf(from: number, uses: number, tools: number): number {
    const row = this.#counts[placeOf(from)] ?? 0;
    return -Math.log((uses + SMOOTHING) / (row + SMOOTHING * Math.max(2, tools)));
  }

  /** Whether a surprise is odd for this agent; counts it among its surprises. */
  isOdd(nats: number): boolean {
    const counts = this.#counts;
    const bucket = bucketOf(nats);
    const before = counts[bucket] as number;
    counts[bucket] = before + 1;
    // Ordinary turns need no more than being counted.
    if (nats < LEAST_NATS && before < HORIZON) return false;
    let all = 0;
    let beyond = -0.5;
    for (let index = 0; index < BUCKETS; index++) {
      const count = counts[index] as number;
      all += count;
      if (index >= bucket) beyond += count;
    }
    if (all >= HORIZON) for (let index = 0; index < BUCKETS; index++) counts[index] = (counts[index] as number) / 2;
    return nats >= LEAST_NATS && beyond / all <= ODD_SHARE;
  }

  /** It was part of a page: it does not count among the agent's surprises. */
  takeBack(bucket: number): void {
    this.#counts[bucket] = Math.max(0, (this.#counts[bucket] as number) - 1);
  }

  /** Counts a turn from this tool. */
  learn(from: number, turns: KnownThings): void {
    const place = placeOf(from);
    if (place >= this.#counts.length) {
      const grown = new Float32Array(Math.min(MOST_PLACES, place + SPARE));
      grown.set(this.#counts);
      this.#counts = grown;
    }
    const counts = this.#counts;
    counts[place] = (counts[place] as number) + 1;
    if ((counts[place] as number) < FULL_ROW) return;
    for (let index = BUCKETS; index < counts.length; index++) counts[index] = (counts[index] as number) / 2;
    turns.halve();
  }

  save(): string {
    return floatsText(this.#counts);
  }
}

function placeOf(from: number): number {
  return BUCKETS + Math.min(MOST_ROWS, from + 1);
}
