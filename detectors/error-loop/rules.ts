/** When failures are an error loop. Stated here in one place, for the code and for the reader. */

/** The first failure and five repeats of it: less is never a loop. */
export const LEAST_REPEATS = 6;
/** From so many on nothing comes of it any more. */
export const CRITICAL_REPEATS = 12;
/** Failures further apart than this are no repetition of each other. */
export const LONGEST_GAP_MS = 10 * 60_000;
/** Evidence (log likelihood ratio, nats) that a call now fails with this error most of the time. */
export const REPEAT_EVIDENCE = 10;
/** Share of calls that fail in a loop, at the least. */
export const LOOP_SHARE = 0.6;

/** The share that is looked for, times the usual. */
export const SHARE_TIMES = 2.5;
/** Failures above what is expected, times the expected, and −log10 of the tail probability: all of them at the least. */
export const LEAST_EXCESS = 8;
export const LEAST_TIMES = 2.2;
export const LEAST_SCORE = 5.5;
/** Calls whose outcome is known before a share is judged. */
export const CALLS_TO_TRUST = 500;

/** Above what this agent got through by itself before: so many times the most evidence it ever gave honestly. */
export const ABOVE_HABIT = 1.3;
/** Each stretch of failures that passed lets an old habit fade by so much. */
export const FADE = 0.98;

/** Calls of a tool that is hardly known weigh as much. */
export const PRIOR_CALLS = 20;

/** What was said is adopted as usual when it lasts. */
export const ADOPTED_AFTER_MS = 7 * 86_400_000;

/** Errors with a memory of their own, per agent. */
export const MAX_ERRORS = 16;
