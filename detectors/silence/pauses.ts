/**
 * The pauses that an agent makes by itself, in few numbers. Their scores would be exponential if the model were perfect
 * (the time-rescaling theorem: Brown and others 2002, Neural Computation 14); by their own tail one that comes in clumps
 * has to be silent for longer, and one that keeps time for less.
 */
import { rareScore } from "../statistics/own-tail.ts";
import * as rules from "./rules.ts";

export interface SavedPauses {
  /** Pauses of any length: one an event. */
  readonly all: number;
  /** Those that are the tail, and the sum of how far they go beyond where it begins. */
  readonly beyond: number;
  readonly excess: number;
  /** Greatest score, faded. */
  readonly most: number;
}

export type Pauses = { -readonly [Field in keyof SavedPauses]: SavedPauses[Field] };

/** A pause that came and went by itself is honest; those too short to be scored have the score 0. */
export function learnPause(pauses: Pauses, score: number): void {
  pauses.all += 1;
  if (score > rules.TAIL.from) {
    pauses.beyond += 1;
    pauses.excess += score - rules.TAIL.from;
  }
  if (score > 0) pauses.most = Math.max(score, rules.FADE * pauses.most);
  if (pauses.all < rules.HORIZON) return;
  for (const field of ["all", "beyond", "excess"] as const) pauses[field] /= 2;
}

/** The score that one pause in 10^`rarity` goes beyond, well above the greatest of them in any case. */
export function scoreOfPause(pauses: SavedPauses, rarity: number): number {
  const rare = rareScore(pauses, rules.TAIL, rarity * Math.LN10);
  return Math.max(rules.KNOWN_SCORE, rules.ABOVE_HABIT * pauses.most, rare);
}
