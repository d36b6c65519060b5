/** When a resource is outside its normal range. Stated here in one place, for the code and for the reader. */

/** Calls after which a range is known, and after which it is judged. */
export const CALLS_TO_KNOW = 300;
/** What is looked for: so many times the usual. */
export const TIMES = 3;
/** Evidence (log likelihood ratio of three times the usual to the usual, nats) from which on it is said. */
export const EVIDENCE = 20;
/** Calls in a row at the least, and their geometric mean in times the usual. */
export const LEAST_CALLS = 6;
export const LEAST_TIMES = 2.2;
/** From so many times on, by the long and the short history, it is critical. */
export const CRITICAL_TIMES = 8;
/** One call counts as far as this, in widths of the normal range. */
export const MOST_WIDTHS = 3;
/** No range is narrower, as a standard deviation of logarithms. */
export const LEAST_WIDTH = 0.25;
/** Steps of the streaming quantiles: never smaller than this share of the width, of the long and of the short history. */
export const LONG_STEP = 1 / 400;
export const SHORT_STEP = 1 / 40;
/** Calls further apart than this are not in a row. */
export const LONGEST_GAP_MS = 6 * 3_600_000;
/** More evidence than what passed honestly before, by this factor; it fades by this with each that passes. */
export const ABOVE_HABIT = 1.3;
export const FADE = 0.98;
/** What was said is adopted as usual when it lasts. */
export const ADOPTED_AFTER_MS = 7 * 86_400_000;

/** Ranges of one agent; tools beyond it share one for each measure. */
export const MAX_RANGES = 96;
/** Calls are counted up to here: beyond it, more of them change nothing. */
export const CALLS_COUNTED = 10_000;
