/** The same error again and again, whatever the arguments; and more failures than this agent usually has. */
import type { Finding } from "../schemas/finding.ts";
import type { EventRecord } from "../schemas/journal.ts";
import type { AgentView, Detector, DetectorState } from "./detector.ts";
import { errorText } from "./error-loop/error-text.ts";
import { isLoop, newRepeatedError, type RepeatedError, weigh } from "./error-loop/repeated-error.ts";
import { ADOPTED_AFTER_MS, CRITICAL_REPEATS, MAX_ERRORS } from "./error-loop/rules.ts";
import { endShare, newShare, noteShare, type Share, shareExcess, weighShare } from "./error-loop/share.ts";
import { NAME, repeatFinding, shareFinding } from "./error-loop/statement.ts";
import { isToldByLoop } from "./loop/told.ts";
import { Few } from "./runner/few.ts";
import { callsOf, learnShare, type ToolShares, timesOf } from "./window/tool-shares.ts";

/** Tools of one agent that speak at once, as grave or graver; what goes beyond is named in what they say. */
const MAX_SPEAKING = 3;

const NONE: readonly Finding[] = [];

interface SavedErrors {
  readonly outcomes: ToolShares;
  readonly errors: readonly RepeatedError[];
  readonly share: Share;
}

const NO_ERRORS: readonly RepeatedError[] = [];

class ErrorState implements DetectorState {
  readonly outcomes: ToolShares;
  readonly share: Share;
  /** By tool and text, the most recently seen last. */
  readonly errors: Few<string, RepeatedError>;
  /** Those of `errors` with evidence; mostly none. */
  live: readonly RepeatedError[];

  constructor({ outcomes, errors, share }: SavedErrors) {
    const live = errors.filter(({ evidence }) => evidence > 0);
    this.outcomes = outcomes;
    this.share = share;
    this.errors = new Few(errors.map((error) => [`${error.tool} ${error.text}`, error] as const));
    this.live = live.length === 0 ? NO_ERRORS : live;
  }

  save(): SavedErrors {
    return { outcomes: this.outcomes, share: this.share, errors: this.errors.values() };
  }
}

function errorOf(state: ErrorState, tool: number, text: string): RepeatedError {
  const key = `${tool} ${text}`;
  const error = state.errors.get(key) ?? newRepeatedError(tool, text);
  state.errors.delete(key);
  state.errors.set(key, error);
  const { oldest } = state.errors;
  if (state.errors.size > MAX_ERRORS && oldest !== undefined) state.errors.delete(oldest);
  return error;
}

/** Takes in the call's outcome; returns the error that it failed with. */
function take(state: ErrorState, event: EventRecord, tool: number): RepeatedError | undefined {
  const { judged_at: at, failed = false } = event;
  const error = failed ? errorOf(state, tool, errorText(event)) : undefined;
  if (error === undefined && state.live.length === 0) return undefined;
  const calls = callsOf(state.outcomes, tool);
  for (const other of state.live) if (other.tool === tool && other !== error) weigh(other, false, calls, at);
  if (error !== undefined) weigh(error, true, calls, at);
  state.live = state.errors.values().filter(({ evidence }) => evidence > 0);
  return error;
}

/** What was said is not learned as usual, until it has lasted. */
function isLearned(saidAt: number, at: number): boolean {
  return saidAt === 0 || at - saidAt > ADOPTED_AFTER_MS;
}

function sayRepeat(state: ErrorState, error: RepeatedError, event: EventRecord, view: AgentView): readonly Finding[] {
  const { speaking, now } = view;
  if (!isLoop(error) || isToldByLoop(event, view)) return NONE;
  const wanted = error.count >= CRITICAL_REPEATS ? "critical" : "warning";
  const others = speaking.of(NAME, now, wanted).filter(({ subject }) => subject !== event.tool);
  if (others.some(({ subject }) => subject === "")) return NONE;
  // What is named in what others say is no habit either.
  if (error.saidAt === 0) error.saidAt = now;
  if (others.length >= MAX_SPEAKING) return NONE;
  endShare(state.share, true);
  const severity = speaking.atLeast(NAME, event.tool, wanted, now);
  return speaking.may(NAME, event.tool, severity, now)
    ? [{ ...repeatFinding(state, error, event, view), severity }]
    : NONE;
}

function sayShare(state: ErrorState, event: EventRecord, view: AgentView): readonly Finding[] {
  const { share, outcomes } = state;
  const { speaking, now } = view;
  // Failures that are told as a loop are no evidence of anything else, also when the loop is over.
  if (isToldByLoop(event, view)) {
    endShare(share, true);
    return NONE;
  }
  if (speaking.of(NAME, now).some(({ subject }) => subject !== "")) return NONE;
  // What was told and grew quiet is over: to speak again takes failures of its own, not those of before.
  if (share.saidAt !== 0 && speaking.of(NAME, now, "warning").length === 0) endShare(share);
  const excess = shareExcess(share, outcomes, view.thresholds.evidence);
  if (excess === undefined) return NONE;
  noteShare(share, excess, now);
  const severity = speaking.atLeast(NAME, "", excess.isPage ? "warning" : "info", now);
  return speaking.may(NAME, "", severity, now) ? [{ ...shareFinding(share, excess, event, view), severity }] : NONE;
}

/** Every call with a known outcome counts; decisions have none. */
export const errorLoop: Detector<ErrorState> = {
  name: NAME,
  summary: "The same error again and again, whatever the arguments, or a far greater share of failures than usual.",
  page: {
    ready:
      "From the first event for the same error again and again; the share of failures once the agent's own share is known.",
    quieter:
      "An agent that lives with an error raises its own limit: what passed untold is counted as its habit. Report expected failures with `success: true`.",
  },
  stateVersion: 1,
  takes: { backfill: true },
  create: () => new ErrorState({ outcomes: [], errors: [], share: newShare() }),
  load: (saved) => new ErrorState(saved as SavedErrors),
  onEvent(state, event, view) {
    if (event.kind === "decision") return NONE;
    const { judged_at: at, failed = false } = event;
    const tool = view.tools.indexOf(event.tool);
    const error = take(state, event, tool);
    if (error?.saidAt === undefined || error.saidAt === 0) {
      weighShare(state.share, state.outcomes, { tool, failed, at, threshold: view.thresholds.evidence });
    }
    let findings = NONE;
    if (error !== undefined && event.backfill !== true) {
      findings = sayRepeat(state, error, event, view);
      if (findings.length === 0) findings = sayShare(state, event, view);
    }
    const { saidAt, notedAt = 0 } = state.share;
    if (isLearned(error?.saidAt ?? 0, at) && isLearned(saidAt, at) && isLearned(notedAt, at)) {
      learnShare(state.outcomes, tool, failed);
      if (error !== undefined) error.learned = Math.min(error.learned + 1, timesOf(state.outcomes, tool));
    }
    return findings;
  },
};
