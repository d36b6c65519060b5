/** In what share of its ordinary runs an agent shows something odd once, twice, three times: its daily newness. */

/** Kinds of oddness counted by run. */
export type Counted = "tool" | "order" | "source" | "request" | "stray";
const COUNTED: readonly Counted[] = ["tool", "order", "source", "request", "stray"];
const MOST = 3;
/** Beyond it all counts are halved, so that old habits fade. */
const HORIZON_RUNS = 4000;
/** Believed before anything is seen, in runs: new work brings several new things at once more often than not. */
const PRIOR = [0.5, 0.3, 0.1] as const;

/** Shared by all agents in which nothing odd was seen yet. */
const NOTHING_ODD: readonly number[] = new Array<number>(COUNTED.length * MOST).fill(0);

export interface SavedRunShares {
  readonly runs: number;
  readonly sums: readonly number[];
}

/** As former releases wrote it: runs, then counts. */
type Former = readonly number[];

/**
 * A run weighs by how many came before it, so that what was new in the first days, when everything was, is soon
 * outweighed: sums of the numbers of the runs that showed it, of which `runs`² / 2 would be all.
 */
export class RunShares {
  #runs: number;
  #sums: readonly number[];

  constructor(saved?: unknown) {
    const { runs, sums } = readSaved(saved as SavedRunShares | Former | undefined);
    this.#runs = runs;
    this.#sums = sums;
  }

  get runs(): number {
    return this.#runs;
  }

  begin(): void {
    this.#runs++;
    if (this.#runs < HORIZON_RUNS) return;
    this.#runs /= 2;
    this.#sums = this.#sums.map((sum) => sum / 4);
  }

  /** Share of runs with at least `times` of it. */
  shareOf(kind: Counted, times: number): number {
    const step = Math.min(times, MOST) - 1;
    const sum = this.#sums[COUNTED.indexOf(kind) * MOST + step] as number;
    const count = this.#runs === 0 ? 0 : (2 * sum) / this.#runs;
    return (count + (PRIOR[step] as number)) / (this.#runs + 1);
  }

  /** A run showed it for the `times`-th time; `by` −1 takes that back. */
  count(kind: Counted, times: number, by: 1 | -1): void {
    if (times > MOST) return;
    const index = COUNTED.indexOf(kind) * MOST + times - 1;
    this.#sums = this.#sums.with(index, Math.max(0, (this.#sums[index] as number) + by * this.#runs));
  }

  save(): SavedRunShares {
    return { runs: this.#runs, sums: this.#sums };
  }
}

function readSaved(saved: SavedRunShares | Former | undefined): SavedRunShares {
  if (saved === undefined) return { runs: 0, sums: NOTHING_ODD };
  if ("sums" in saved) return { runs: saved.runs, sums: NOTHING_ODD.map((none, index) => saved.sums[index] ?? none) };
  const [runs = 0, ...counts] = saved;
  return { runs, sums: NOTHING_ODD.map((none, index) => ((counts[index] ?? none) * runs) / 2) };
}
