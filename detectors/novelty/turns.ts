/**
 * How surprising it is that one tool follows another in a run: a bigram model of this agent with additive smoothing, in
 * nats. Turns on trial count as never seen. What is odd is measured by the agent's own history of surprises, so that one
 * that improvises all day has to do more.
 */
import type { KnownThings } from "../evidence/known-things.ts";

/** Added to each count (Lidstone). */
const SMOOTHING = 0.5;
/** Below it (one turn in 55) nothing is odd, whatever the history. */
const LEAST_NATS = 4;
const BUCKETS = 13;
/** The share of the agent's turns that may be called odd: about one run of ten calls in fifty. */
const ODD_SHARE = 0.002;
/** Beyond it the history of surprises is halved, so that old habits fade. */
const HORIZON = 20_000;
const MOST_ROWS = 66;
const FULL_ROW = 60_000;

export interface SavedTurns {
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
  #rows: Float32Array;
  readonly #surprises: Float32Array;

  constructor(saved?: SavedTurns) {
    this.#rows = Float32Array.from(saved?.rows ?? []);
    this.#surprises = new Float32Array(BUCKETS);
    this.#surprises.set(saved?.surprises ?? []);
  }

  /** −ln of the smoothed share of this turn among all from the same tool. `uses` is 0 for a turn on trial. */
  surpriseOf(from: number, uses: number, tools: number): number {
    const row = this.#rows[rowOf(from)] ?? 0;
    return -Math.log((uses + SMOOTHING) / (row + SMOOTHING * Math.max(2, tools)));
  }

  /** Whether a surprise is odd for this agent; counts it among its surprises. */
  isOdd(nats: number): boolean {
    const bucket = bucketOf(nats);
    const before = this.#surprises[bucket] as number;
    this.#surprises[bucket] = before + 1;
    // Ordinary turns need no more than being counted.
    if (nats < LEAST_NATS && before < HORIZON) return false;
    let all = 0;
    let beyond = -0.5;
    for (let index = 0; index < BUCKETS; index++) {
      const count = this.#surprises[index] as number;
      all += count;
      if (index >= bucket) beyond += count;
    }
    if (all >= HORIZON)
      for (let index = 0; index < BUCKETS; index++) this.#surprises[index] = (this.#surprises[index] as number) / 2;
    return nats >= LEAST_NATS && beyond / all <= ODD_SHARE;
  }

  /** It was part of a page: it does not count among the agent's surprises. */
  takeBack(bucket: number): void {
    this.#surprises[bucket] = Math.max(0, (this.#surprises[bucket] as number) - 1);
  }

  /** Counts a turn from this tool. */
  learn(from: number, turns: KnownThings): void {
    const row = rowOf(from);
    if (row >= this.#rows.length) {
      const grown = new Float32Array(row + 1);
      grown.set(this.#rows);
      this.#rows = grown;
    }
    this.#rows[row] = (this.#rows[row] as number) + 1;
    if ((this.#rows[row] as number) < FULL_ROW) return;
    for (let index = 0; index < this.#rows.length; index++) this.#rows[index] = (this.#rows[index] as number) / 2;
    turns.halve();
  }

  save(): SavedTurns {
    return { rows: Array.from(this.#rows), surprises: Array.from(this.#surprises) };
  }
}

function rowOf(from: number): number {
  return Math.min(MOST_ROWS, from + 1);
}
