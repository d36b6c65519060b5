/** One disturbance is told once: again only when it is rarer by far, or when it comes back and long was not told. */

/** Rows below the threshold after which what comes is no longer the same going on: an hour of five minutes. */
const BACK_ROWS = 12;
/** Milliseconds since it was told, at least, until it is told again when it comes back: six hours. */
const TOLD_MS = 6 * 3_600_000;
/** Decades by which it must be rarer than what was told. */
const RISE = 1;
/** What goes on comes at most this near to the threshold, the nearer the rarer it is; in decades where it is as rare. */
const BELOW = 0.1;

export interface Episode {
  /** Greatest rarity of the episode; 0 before the first. */
  told: number;
  /** Rows since rarity last reached the threshold. */
  quiet: number;
  /** Unix milliseconds at which it was told. */
  toldAt: number;
}

export function createEpisode(): Episode {
  return { told: 0, quiet: BACK_ROWS, toldAt: 0 };
}

/** Rarity of what is new in this row: all of it, or below the threshold when it is only the same disturbance going on. */
export function newRarity(episode: Episode, at: number, rarity: number, threshold: number): number {
  const { told, quiet, toldAt } = episode;
  const goesOn = told > 0 && (quiet < BACK_ROWS || at - toldAt < TOLD_MS);
  const isNew = !goesOn || rarity > told + RISE;
  const isRare = rarity >= threshold;
  episode.quiet = isRare ? 0 : Math.min(BACK_ROWS, quiet + 1);
  if (isRare && isNew) episode.toldAt = at;
  if (isRare) episode.told = goesOn ? Math.max(told, rarity) : rarity;
  return isNew ? rarity : Math.min(rarity, (threshold * rarity) / (rarity + BELOW));
}
