/**
 * What each kind of evidence weighs, in nats, stated in one table. A weight is a log-likelihood ratio: how much more
 * often it is seen in a run that was taken over than in the ordinary runs of this very agent, which are counted.
 */

/**
 * `place`: a destination; `volume`: sends to a new one; `tool`: a first use; `order`: an odd turn; `outside`: a
 * stranger's text read just before; `source`: a new destination that stands in such a text and was not asked for;
 * `request`: a tool that runs with such a request never use; `stray`: a tool that goes where nobody asked it to go, which
 * runs with such a request never do.
 */
export type EvidenceKind = "place" | "volume" | "tool" | "order" | "outside" | "source" | "request" | "stray";

interface Weight {
  /** Share of runs taken over that show it: an assumption, on the cautious side. */
  readonly share: number;
  /** The most that the first, the second and the third of its kind in one run weigh together. */
  readonly most: readonly [number, number, number];
}

/**
 * No single thing that is new reaches `PAGE_NATS`: one odd thing is a note. Three different first uses, or three turns
 * that never happen, in one run are three things. What runs with such a request never do is more than new: it reaches
 * a page alone where some 300 runs showed nothing of the kind.
 */
export const WEIGHTS: Readonly<Record<EvidenceKind, Weight>> = {
  place: { share: 0.3, most: [5.5, 5.5, 5.5] },
  volume: { share: 0.5, most: [4.5, 4.5, 4.5] },
  tool: { share: 0.3, most: [3.5, 5.5, 8.5] },
  order: { share: 0.5, most: [4.5, 5.5, 8.5] },
  outside: { share: 0.9, most: [1.5, 1.5, 1.5] },
  source: { share: 0.7, most: [4, 4, 4] },
  request: { share: 0.7, most: [6.5, 7.5, 8.5] },
  stray: { share: 0.7, most: [6.5, 7.5, 8.5] },
};

/** From here on a run is worth waking somebody: about 400 to 1, of which the caps above give away much. */
export const PAGE_NATS = 6;
export const CRITICAL_NATS = 11;
/** What weighs less is not even noted. */
export const NOTE_NATS = 2.5;
/** Evidence of one run is weighed together for so long. */
export const TOGETHER_MS = 30 * 60_000;

/** Weight of something that this share of the agent's ordinary runs (or calls) shows, at least 0, at most `most`. */
export function weightOf(kind: EvidenceKind, usualShare: number, most: number): number {
  return Math.min(most, Math.max(0, Math.log(WEIGHTS[kind].share / usualShare)));
}
