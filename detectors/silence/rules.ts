/** When silence says something. Stated here in one place, for the code and for the reader. */

/** −log10 of the chance of hearing nothing for so long by the agent's own rhythm, while its pauses are not known. */
export const LEAST_SCORE = 6;
/**
 * Once its pauses are known for two weeks: so rare among them that the fleet comes to its share of false pages, this at
 * the least, and so many times the greatest that came and went by itself.
 */
export const KNOWN_SCORE = 3;
export const KNOWN_AFTER_MS = 14 * 86_400_000;
export const ABOVE_HABIT = 1.3;
/** An old pause fades by this with each that follows. */
export const FADE = 0.9995;
/** The tail of their scores; of a perfect model one in 10^score is greater, so its mean excess is 1 / ln 10. */
export const TAIL = { from: 0.5, perfect: 1 / Math.LN10, prior: 10 } as const;
/** Pauses after which their history is halved. */
export const HORIZON = 100_000;
/** Steps of work that should have been heard meanwhile: agents with a run or two a day never get there. */
export const LEAST_STEPS = 4;
/** No silence is shorter than this; pauses shorter than that are not looked at. */
export const LEAST_MS = 20 * 60_000;
export const PAUSE_MS = 10 * 60_000;
/** An hour counts when the agent works in it on most like days, or when it never rests. */
export const WORKED_SHARE = 0.5;
/** It rests where so many hours of its day in a row go by without work with this chance. */
export const REST_HOURS = 6;
export const REST_CHANCE = 0.2;

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
