/** When silence says something. Stated here in one place, for the code and for the reader. */

/** −log10 of the chance of hearing nothing for so long by the agent's own rhythm. */
export const LEAST_SCORE = 6;
/** More than the most improbable pause that came and went by itself, by this factor; it fades by this with each pause. */
export const ABOVE_HABIT = 1.5;
export const FADE = 0.98;
/** Steps of work that should have been heard meanwhile: agents with a run or two a day never get there. */
export const LEAST_STEPS = 6;
/** No silence is shorter. */
export const LEAST_MS = 10 * 60_000;
/** No hour of an agent that always logs has less than this share of a usual one, nor fewer steps than this. */
export const ALWAYS_SHARE = 0.1;
export const ALWAYS_STEPS = 0.3;

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
