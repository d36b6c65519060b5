/** One error of one tool: what it usually does, and whether it now comes again and again. */
import * as rules from "./rules.ts";

export interface RepeatedError {
  readonly tool: number;
  readonly text: string;
  /** Failures with it that are part of the agent's history. */
  learned: number;
  /** Log likelihood ratio of "calls mostly fail with it now" to "as usual", since it was last 0. */
  evidence: number;
  peak: number;
  /** Failures with it, and calls of the tool, since then. */
  count: number;
  calls: number;
  from: number;
  last: number;
  /** The greatest peak that passed without being said. */
  most: number;
  /** When it was first said in this stretch; 0: it was not. */
  saidAt: number;
  /** Before this stretch, in history. Absent in what releases without it wrote. */
  before?: { readonly failures: number; readonly calls: number };
}

export function newRepeatedError(tool: number, text: string): RepeatedError {
  const rest = { learned: 0, evidence: 0, peak: 0, count: 0, calls: 0, from: 0, last: 0, most: 0, saidAt: 0 };
  return { tool, text, ...rest };
}

/** Share of the tool's calls that fail with this error, as high as is plausible. */
function usualShare(error: RepeatedError, calls: number): number {
  return Math.min(0.95, (error.learned + 0.3) / (Math.max(calls, error.learned) + rules.PRIOR_CALLS));
}

/** The stretch is over: what it came to is a habit, unless it was said. */
function endStretch(error: RepeatedError): void {
  if (error.saidAt === 0 && error.count > 1) error.most = Math.max(error.peak, error.most * rules.FADE);
  Object.assign(error, { evidence: 0, peak: 0, count: 0, calls: 0, saidAt: 0 });
}

/** Takes in a call of the tool: failed with this error, or not. `calls`: of the tool, in history. */
export function weigh(error: RepeatedError, isSame: boolean, calls: number, at: number): void {
  if (error.evidence > 0 && at - error.last > rules.LONGEST_GAP_MS) endStretch(error);
  if (!isSame && error.evidence === 0) return;
  const usual = usualShare(error, calls);
  const loop = Math.max(rules.LOOP_SHARE, (1 + usual) / 2);
  const change = isSame ? Math.log(loop / usual) : Math.log((1 - loop) / (1 - usual));
  if (error.evidence === 0) {
    error.from = at;
    error.before = { failures: error.learned, calls };
  }
  error.calls++;
  // Bounded, so that it is over soon after it is over.
  error.evidence = Math.min(2 * limitOf(error), Math.max(0, error.evidence + change));
  error.peak = Math.max(error.peak, error.evidence);
  if (isSame) {
    error.count++;
    error.last = Math.max(error.last, at);
  }
  if (error.evidence === 0) endStretch(error);
}

function limitOf(error: RepeatedError): number {
  return Math.max(rules.REPEAT_EVIDENCE, rules.ABOVE_HABIT * error.most);
}

export function isLoop(error: RepeatedError): boolean {
  return error.count >= rules.LEAST_REPEATS && error.evidence >= limitOf(error);
}
