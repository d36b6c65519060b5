/**
 * How far scores must go to be as rare as asked, by what the scored thing itself came to before. Scores of a perfect
 * model have an exponential tail of a known mean; the mean excess over a threshold (peaks over threshold: Davison and
 * Smith 1990, J. R. Stat. Soc. B 52) says how far the scores at hand are from that, whatever the model has wrong.
 */

export interface OwnTail {
  /** Scores of any size, so far. */
  readonly all: number;
  /** Those beyond where the tail begins, and the sum of how far beyond. */
  readonly beyond: number;
  readonly excess: number;
}

export interface TailModel {
  /** Score from which on it is the tail. */
  readonly from: number;
  /** Mean excess of a perfect model, and how many scores of the tail that weighs. */
  readonly perfect: number;
  readonly prior: number;
}

/** The score that one in e^`rarity` goes beyond. */
export function rareScore({ all, beyond, excess }: OwnTail, model: TailModel, rarity: number): number {
  const scale = (excess + model.prior * model.perfect) / (beyond + model.prior);
  return model.from + scale * Math.max(0, rarity + Math.log((beyond + 1) / (all + 1)));
}
