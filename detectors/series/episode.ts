/** One disturbance is told once: again only when it is rarer by far, or after quiet. */

/** Quiet rows that end an episode: half a day of five minutes. */
const QUIET_ROWS = 144;
/** Decades by which it must be rarer than what was told. */
const RISE = 1;

export interface Episode {
  /** Greatest rarity of the episode; 0 before the first. */
  told: number;
  /** Rows since rarity last reached the threshold. */
  quiet: number;
}

export function createEpisode(): Episode {
  return { told: 0, quiet: QUIET_ROWS };
}

/** Rarity of what is new in this row: all of it, or half of what is only the same disturbance going on. */
export function newRarity(episode: Episode, rarity: number, threshold: number): number {
  const goesOn = episode.quiet < QUIET_ROWS;
  episode.quiet = rarity >= threshold ? 0 : Math.min(QUIET_ROWS, episode.quiet + 1);
  const isNew = !goesOn || rarity > episode.told + RISE;
  if (rarity >= threshold) episode.told = goesOn ? Math.max(episode.told, rarity) : rarity;
  return isNew ? rarity : Math.min(rarity, threshold) / 2;
}
