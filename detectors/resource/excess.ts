/** Whether the calls of late take several times the usual, by the long and the short history. */
import type { Ranges, Stretch } from "./ranges.ts";
import * as rules from "./rules.ts";

const SHIFT = Math.log(rules.TIMES);

/** Nats that it takes: what the rules say, what the fleet's false pages take, what passed honestly before. */
function limitOf(ranges: Ranges, range: number, least: number): number {
  return Math.max(rules.EVIDENCE, least, rules.ABOVE_HABIT * ranges.most(range));
}

export interface Taken {
  /** Logarithm of the amount. */
  readonly value: number;
  readonly at: number;
  /** Nats of evidence that it takes at the least. */
  readonly least: number;
  /** Whether this measure is being told of. */
  readonly isSpeaking: boolean;
}

/** Takes in the logarithm of an amount, before it is learned; returns the stretch that it begins or goes on with. */
export function weigh(ranges: Ranges, range: number, { value, at, least, isSpeaking }: Taken): Stretch | undefined {
  let stretch = ranges.stretch(range);
  const usual = ranges.usual(range);
  if (stretch === undefined && value <= usual + SHIFT / 2) return undefined;
  if (ranges.calls(range) < rules.CALLS_TO_KNOW) return undefined;
  if (stretch !== undefined && at - stretch.last > rules.LONGEST_GAP_MS) {
    ranges.end(range, stretch);
    stretch = undefined;
  }
  // What was told and grew quiet is over: to speak again takes calls of its own, not those of before.
  if (stretch !== undefined && !isSpeaking && (stretch.spokeAt ?? 0) > stretch.from) {
    Object.assign(stretch, { evidence: 0, calls: 0, sum: 0, from: at });
  }
  const width = ranges.width(range);
  const shift = SHIFT / width;
  const widths = Math.min(rules.MOST_WIDTHS, Math.max(-rules.MOST_WIDTHS, (value - usual) / width));
  const before = stretch?.evidence ?? 0;
  const evidence = Math.min(2 * limitOf(ranges, range, least), before + shift * widths - shift ** 2 / 2);
  if (evidence <= 0) {
    if (stretch !== undefined) ranges.end(range, stretch);
    return undefined;
  }
  stretch ??= ranges.begin(range, at);
  stretch.evidence = evidence;
  stretch.peak = Math.max(evidence, stretch.peak);
  stretch.calls++;
  stretch.sum += value;
  stretch.last = Math.max(at, stretch.last);
  return stretch;
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
export function excessOf(
  ranges: Ranges,
  range: number,
  stretch: Stretch,
  { value, least }: Pick<Taken, "value" | "least">,
): ResourceExcess | undefined {
  const { evidence, calls, sum, from } = stretch;
  if (evidence < limitOf(ranges, range, least) || calls < rules.LEAST_CALLS) return undefined;
  const usual = ranges.usual(range);
  const ratio = Math.exp(sum / calls - usual);
  if (value <= usual + SHIFT / 2 || ratio < rules.LEAST_TIMES) return undefined;
  const high = Math.exp(ranges.median(range) + 2 * ranges.width(range));
  return { observed: Math.exp(sum / calls), expected: Math.exp(usual), high, ratio, calls, from };
}
