/** One disturbance is told once: again only when it is rarer by far, or when it comes back and long was not told. */

/** Rows below the threshold after which what comes is no longer the same going on: an hour of five minutes. */
const BACK_ROWS = 12;
/** Rows since it was told, at least, until it is told again when it comes back: half a day of five minutes. */
const TOLD_ROWS = 144;
/** Decades by which it must be rarer than what was told. */
const RISE = 1;

export interface Episode {
  /** Greatest rarity of the episode; 0 before the first. */
  told: number;
  /** Rows since rarity last reached the threshold. */
  quiet: number;
  /** Rows since it was told. */
  since: number;
}

export function createEpisode(): Episode {
  return { told: 0, quiet: BACK_ROWS, since: TOLD_ROWS };
}

/** Rarity of what is new in this row: all of it, or half of what is only the same disturbance going on. */
export function newRarity(episode: Episode, rarity: number, threshold: number): number {
  const { told, quiet, since } = episode;
  const goesOn = quiet < BACK_ROWS || since < TOLD_ROWS;
  const isNew = !goesOn || rarity > told + RISE;
  const isRare = rarity >= threshold;
  episode.quiet = isRare ? 0 : Math.min(BACK_ROWS, quiet + 1);
  episode.since = isRare && isNew ? 0 : Math.min(TOLD_ROWS, since + 1);
  if (isRare) episode.told = goesOn ? Math.max(told, rarity) : rarity;
  return isNew ? rarity : Math.min(rarity, threshold) / 2;
}
