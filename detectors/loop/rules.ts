/** When a repetition is a loop. Stated here in one place, for the code and for the reader. */

/** Left out of the configuration: the same call so often within a minute, with an unchanged outcome. */
export const MINUTE_MS = 60_000;
export const REPEATS_A_MINUTE = 10;
/** Rounds of a cycle of two to eight calls within a minute. */
export const ROUNDS_A_MINUTE = 5;
/** Rounds of a cycle, or failed repeats of one call (retries without progress), within ten minutes. */
export const SLOW_MS = 10 * MINUTE_MS;
export const ROUNDS_IN_TEN_MINUTES = 12;
/** Calls that a cycle may be made of. */
export const LONGEST_CYCLE = 8;

/** An agent's own habit counts only when it was seen in this many separate stretches of ten minutes. */
export const STRETCHES_TO_TRUST = 6;
/** Above its own habit means: this many times the most it did in one of those stretches. */
export const ABOVE_HABIT = 2;
/** Waits that came to an end before those of a tool are held for usual. */
export const WAITS_TO_TRUST = 3;

/**
 * Where it is known how often calls of a tool repeat: the call and five repeats of it are a loop when the evidence (log
 * likelihood ratio of "most calls of the tool are this one" to "as usual", nats) is this great; more at a slow beat.
 */
export const LEAST_OCCURRENCES = 6;
export const REPEAT_EVIDENCE = 10;
export const SLOW_EVIDENCE = 18;
/** Repeats further apart than this on average are a slow beat. */
export const SLOW_BEAT_MS = 30_000;
export const LOOP_SHARE = 0.6;
/** So many calls make a tool known; one that repeats this share of them is a poller's, or waits for something. */
export const CALLS_TO_KNOW = 50;
export const POLLING_SHARE = 0.3;
/** More evidence than what passed honestly before, by this factor; what passed fades by this with each that passes. */
export const ABOVE_EVIDENCE = 1.3;
export const EVIDENCE_FADE = 0.98;

/**
 * While no habit is known, a steady beat is a timer, not a loop: successful calls at least this far apart whose
 * intervals differ from their mean by at most this share. A poller every 5 seconds is 12 calls a minute, evenly.
 */
export const STEADY_INTERVAL_MS = 4_500;
export const STEADY_SHARE = 0.4;
/** The same for rounds of several calls, whose delays even each other out. */
export const STEADY_ROUND_SHARE = 0.15;
/** A steady round of several calls may take as long as that many single ones, but no timer need be slower than this. */
export const STEADY_ROUND_MS = 4 * STEADY_INTERVAL_MS;

/** Calls and cycles with a memory of their own, per agent; the least recently repeated one is forgotten first. */
export const MAX_TRACKED = LONGEST_CYCLE + 2;
/** Moments kept of one call. Configured limits above it are watched in strides, exact to repeats / 512 calls. */
export const MAX_TIMES = 512;
/** Among so many last calls of the agent a call must come back to be tracked. */
export const RECENT_CALLS = 24;
/** The same where somebody wrote the limit: it is obeyed as long as the time it names holds no more calls than these. */
export const CONFIGURED_RECENT_CALLS = 2048;
