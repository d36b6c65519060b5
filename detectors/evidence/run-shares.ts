/** In what share of its ordinary runs an agent shows something odd once, twice, three times: its daily newness. */

/** Kinds of oddness counted by run. */
export type Counted = "tool" | "order";
const COUNTED: readonly Counted[] = ["tool", "order"];
const MOST = 3;
/** Beyond it all counts are halved, so that old habits fade. */
const HORIZON_RUNS = 4000;
/** Believed before anything is seen: half a run with one odd thing, and a tenth of that for each one more. */
const PRIOR = [0.5, 0.05, 0.005] as const;

/** Shared by all agents in which nothing odd was seen yet. */
const NOTHING_ODD: readonly number[] = new Array<number>(COUNTED.length * MOST).fill(0);

export class RunShares {
  #runs: number;
  #counts: readonly number[];

  constructor(saved?: unknown) {
    const [runs = 0, ...counts] = (saved as readonly number[] | undefined) ?? [];
    this.#runs = runs;
    this.#counts = counts.length === 0 ? NOTHING_ODD : counts;
  }

  get runs(): number {
    return this.#runs;
  }

  begin(): void {
    this.#runs++;
    if (this.#runs < HORIZON_RUNS) return;
    this.#runs /= 2;
    this.#counts = this.#counts.map((count) => count / 2);
  }

  /** Share of runs with at least `times` of it. */
  shareOf(kind: Counted, times: number): number {
    const step = Math.min(times, MOST) - 1;
    const count = this.#counts[COUNTED.indexOf(kind) * MOST + step] as number;
    return (count + (PRIOR[step] as number)) / (this.#runs + 1);
  }

  /** A run showed it for the `times`-th time; `by` −1 takes that back. */
  count(kind: Counted, times: number, by: 1 | -1): void {
    if (times > MOST) return;
    const index = COUNTED.indexOf(kind) * MOST + times - 1;
    this.#counts = this.#counts.with(index, Math.max(0, (this.#counts[index] as number) + by));
  }

  save(): readonly number[] {
    return [this.#runs, ...this.#counts];
  }
}
