/** When silence says something. Stated here in one place, for the code and for the reader. */

/** −log10 of the chance of hearing nothing for so long by the agent's own rhythm, while its pauses are not known. */
export const LEAST_SCORE = 6;
/**
 * Once its pauses are known for two weeks: twice the score of the most improbable one that came and went by itself, and
 * this at the least. The score of the greatest of n pauses is about log10 n, so twice that is one in n squared.
 */
export const KNOWN_SCORE = 3.5;
export const KNOWN_AFTER_MS = 14 * 86_400_000;
export const ABOVE_HABIT = 2;
/** An old pause fades by this with each that follows. */
export const FADE = 0.9995;
/** Steps of work that should have been heard meanwhile: agents with a run or two a day never get there. */
export const LEAST_STEPS = 4;
/** No silence is shorter than this; pauses shorter than that are not looked at. */
export const LEAST_MS = 20 * 60_000;
export const PAUSE_MS = 10 * 60_000;
/** An hour counts when the agent works in it on most like days. */
export const WORKED_SHARE = 0.5;

/** Others that should have been heard meanwhile, so that they say something; and the share of them that must be heard. */
export const LEAST_PEERS = 3;
export const HEARD_SHARE = 0.75;
/** A peer should have been heard when so many steps of its work were due. */
export const PEER_STEPS = 3;

/** Looked at again: while nothing is due, and where many are silent together. */
export const LOOK_EVERY_MS = 6 * 3_600_000;
export const LOOK_AGAIN_MS = 3_600_000;
/** Nothing arrived, not even the partition's own ticks: the watch was not looking. */
export const BLIND_MS = 5 * 60_000;
/** An agent that stays away so long is gone. */
export const GONE_MS = 2 * 86_400_000;
