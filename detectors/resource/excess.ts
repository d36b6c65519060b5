/** Whether the calls of late take several times the usual, by the long and the short history. */

import type { Ranges } from "./ranges.ts";
import * as range from "./ranges.ts";
import * as rules from "./rules.ts";

const SHIFT = Math.log(rules.TIMES);

function limitOf(ranges: Ranges, at: number): number {
  return Math.max(rules.EVIDENCE, rules.ABOVE_HABIT * ranges.get(at, range.MOST));
}

/** The stretch is over: what it came to is a habit, unless it was said. */
function end(ranges: Ranges, at: number): void {
  if (ranges.get(at, range.SAID) === 0 && ranges.get(at, range.COUNT) > 1) {
    const faded = ranges.get(at, range.MOST) * rules.FADE;
    ranges.set(at, range.MOST, Math.max(ranges.get(at, range.PEAK), faded));
  }
  for (const field of [range.EVIDENCE, range.PEAK, range.COUNT, range.SUM, range.SAID]) ranges.set(at, field, 0);
}

/** Takes in the logarithm of an amount, before it is learned. */
export function weigh(ranges: Ranges, at: number, value: number, moment: number): void {
  if (ranges.get(at, range.CALLS) < rules.CALLS_TO_KNOW) return;
  let evidence = ranges.get(at, range.EVIDENCE);
  // Both histories must find it much: the greater of the two medians is the usual.
  const usual = Math.max(ranges.get(at, range.MEDIAN), ranges.get(at, range.RECENT));
  if (evidence === 0 && value <= usual + SHIFT / 2) return;
  if (evidence > 0 && moment - ranges.get(at, range.LAST) > rules.LONGEST_GAP_MS) {
    end(ranges, at);
    evidence = 0;
  }
  const shift = SHIFT / ranges.width(at);
  const widths = Math.min(rules.MOST_WIDTHS, Math.max(-rules.MOST_WIDTHS, (value - usual) / ranges.width(at)));
  const next = Math.min(2 * limitOf(ranges, at), evidence + shift * widths - shift ** 2 / 2);
  if (next <= 0) {
    if (evidence > 0) end(ranges, at);
    return;
  }
  if (evidence === 0) ranges.set(at, range.FROM, moment);
  ranges.set(at, range.EVIDENCE, next);
  ranges.set(at, range.PEAK, Math.max(next, ranges.get(at, range.PEAK)));
  ranges.set(at, range.COUNT, ranges.get(at, range.COUNT) + 1);
  ranges.set(at, range.SUM, ranges.get(at, range.SUM) + value);
  ranges.set(at, range.LAST, Math.max(moment, ranges.get(at, range.LAST)));
}

export interface ResourceExcess {
  /** Geometric means, in the unit of the measure. */
  readonly observed: number;
  readonly expected: number;
  readonly high: number;
  readonly ratio: number;
  readonly calls: number;
  readonly from: number;
}

/** The excess that this amount goes on with, when there is evidence enough, several calls of it, and far above the usual. */
export function excessOf(ranges: Ranges, at: number, value: number): ResourceExcess | undefined {
  if (ranges.get(at, range.EVIDENCE) < limitOf(ranges, at)) return undefined;
  const calls = ranges.get(at, range.COUNT);
  const usual = Math.max(ranges.get(at, range.MEDIAN), ranges.get(at, range.RECENT));
  if (value <= usual + SHIFT / 2) return undefined;
  const observed = ranges.get(at, range.SUM) / calls;
  const ratio = Math.exp(observed - usual);
  if (calls < rules.LEAST_CALLS || ratio < rules.LEAST_TIMES) return undefined;
  const high = Math.exp(ranges.get(at, range.MEDIAN) + 2 * ranges.width(at));
  return {
    ...{ observed: Math.exp(observed), expected: Math.exp(usual), high },
    ...{ ratio, calls, from: ranges.get(at, range.FROM) },
  };
}
