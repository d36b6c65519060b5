/**
 * State of a partition that its agents are judged by, and that states no offset of its own to skip by. An agent's value
 * may be ahead of the partition's offset, since it skips what it holds; these must be true to just that offset, or a
 * replay would judge by what was in force only later. So who writes checkpoints takes them when a checkpoint begins, and
 * writes them together with its offset.
 */
const SHARED: ReadonlySet<string> = new Set(["partition", "peers"]);

export interface SharedKeys {
  /** Whether a state key is to be taken at the offset of the checkpoint and written with it. */
  isShared(key: string): boolean;
}

/** Of the runner's own keys. */
export function isShared(key: string): boolean {
  return SHARED.has(key);
}
