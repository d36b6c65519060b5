/** The same call again and again with an unchanged outcome, in cycles too, and retries without progress. */
import type { Finding } from "../schemas/finding.ts";
import type { EventRecord } from "../schemas/journal.ts";
import type { AgentView, Detector, DetectorState } from "./detector.ts";
import {
  type CycleMemory,
  loadCycles,
  newCycles,
  type Round,
  type SavedCycles,
  saveCycles,
  step,
} from "./loop/cycles.ts";
import { learnHabit, NO_COUNT } from "./loop/habit.ts";
import { judgeHaste, judgeLoop, type LoopVerdict, limitsOf } from "./loop/judge.ts";
import { addRecent, foldCall, momentsOf, type RecentCalls, takesTurns } from "./loop/recent-calls.ts";
import { MAX_TIMES, MAX_TRACKED, MINUTE_MS, SLOW_MS } from "./loop/rules.ts";
import { type Signature, signatureOf } from "./loop/signature.ts";
import { LOOP, loopFindings } from "./loop/statement.ts";
import { isToldByErrorLoop } from "./loop/told.ts";
import {
  countWithin,
  expectRepeats,
  lastOf,
  newTrackedCall,
  repeat,
  restart,
  type TrackedCall,
} from "./loop/tracked-call.ts";
import {
  judgeUnusual,
  learnRepeat,
  newUsualRepeats,
  type UsualRepeats,
  weighOthers,
  weighRepeat,
} from "./loop/unusual.ts";
import { learnWait, limitAboveWaits, type Waits } from "./loop/waits.ts";
import { Few } from "./runner/few.ts";
import { doublesOf, doublesText } from "./text/packed-numbers.ts";

const NONE: readonly Finding[] = [];

interface SavedLoop {
  /** Version 3 wrote an array. */
  readonly recent: string | RecentCalls;
  readonly cycles: SavedCycles;
  readonly calls: readonly TrackedCall[];
  readonly usual: UsualRepeats;
  readonly waits?: Waits;
}

class LoopState implements DetectorState {
  readonly recent: RecentCalls;
  readonly cycles: CycleMemory;
  /** The most recently repeated last. */
  readonly calls: Few<string, TrackedCall>;
  readonly usual: UsualRepeats;
  readonly waits: Waits;

  constructor({ recent, cycles, calls, usual, waits = [] }: SavedLoop) {
    this.recent = doublesOf(recent);
    this.cycles = loadCycles(cycles);
    this.calls = new Few(calls.map((call) => [call.key, call] as const));
    this.usual = usual;
    this.waits = waits;
  }

  save(): SavedLoop {
    return {
      recent: doublesText(this.recent),
      cycles: saveCycles(this.cycles),
      calls: this.calls.values(),
      usual: this.usual,
      ...(this.waits.length > 0 && { waits: this.waits }),
    };
  }
}

function track(state: LoopState, key: string, name: string, period: number): TrackedCall {
  const call = state.calls.get(key) ?? newTrackedCall(key, name, period);
  state.calls.delete(key);
  state.calls.set(key, call);
  const { oldest } = state.calls;
  if (state.calls.size > MAX_TRACKED && oldest !== undefined) state.calls.delete(oldest);
  return call;
}

/** A repetition of a call or cycle. `before`: earlier moments, when this one makes it a repetition. */
interface Repetition {
  readonly call: TrackedCall;
  readonly outcome: string;
  readonly before: readonly number[];
}

/** Takes in a repetition: learns from it, and judges it when it is live. */
function take(state: LoopState, repetition: Repetition, event: EventRecord, view: AgentView): LoopVerdict | undefined {
  const { call, outcome, before } = repetition;
  const at = event.judged_at;
  const tool = view.tools.indexOf(event.tool);
  if (outcome !== call.outcome) learnWait(state.waits, tool, call, at);
  const limits = limitsOf(call, view.settings.detectors.loop, (which) => limitAboveWaits(state.waits, tool, which));
  const most = Math.max(...limits.spans.map((span) => span.limit));
  const widest = Math.max(SLOW_MS, ...limits.spans.map((span) => span.withinMs));
  if (before.length > 0) restart(call, outcome);
  for (const moment of before) repeat(call, moment, outcome, most, widest);
  repeat(call, at, outcome, most, widest);
  const verdict = event.backfill === true ? undefined : judgeLoop(call, at, limits);
  learnHabit(call.habit, at, countWithin(call, at, MINUTE_MS, most), countWithin(call, at, SLOW_MS, most));
  if (verdict !== undefined) call.habit.flagged = true;
  return verdict;
}

function takeRound(state: LoopState, round: Round, event: EventRecord, view: AgentView): readonly Finding[] {
  const call = track(state, round.key, round.name, round.period);
  call.failed = round.failed;
  const before = round.begunAt === undefined ? [] : [round.begunAt];
  const verdict = take(state, { call, outcome: round.outcome, before }, event, view);
  // A configured limit is reached by the first call of the round before the round is full.
  const isTold = view.speaking
    .of(LOOP, view.now)
    .some(({ subject }) => subject !== call.key && call.key.includes(subject));
  return verdict === undefined || isTold ? NONE : loopFindings(call, verdict, view);
}

/** A call as the event names it, and its signature. */
interface Call {
  readonly key: string;
  readonly signature: Signature;
}

function takeCall(state: LoopState, event: EventRecord, { key, signature }: Call, view: AgentView): readonly Finding[] {
  const { outcome = "", tool, judged_at: at, failed } = event;
  const { repeats = MAX_TIMES + 1, within } = view.settings.detectors.loop;
  const folded = foldCall(signature);
  // Most agents repeat nothing at most times.
  const isTracked = state.calls.size > 0 && state.calls.has(key);
  const before = isTracked ? [] : momentsOf(state.recent, folded, at, within ?? SLOW_MS);
  const isRepeated = isTracked || before.length > 0;
  const isTold = isRepeated && (isToldByErrorLoop(event, view) || isToldByOther(state, key, view));
  // Limits beyond what is kept exactly are counted by the call's own memory alone.
  addRecent(state.recent, folded, at, repeats <= MAX_TIMES ? within : undefined);
  const number = view.tools.indexOf(tool);
  if (state.calls.size > 0) weighOthers(state.usual, state.calls.values(), key, tool, number);
  if (!isRepeated) {
    learnRepeat(state.usual, number, false);
    return NONE;
  }
  const call = track(state, key, tool, 1);
  call.failed = failed === true;
  const isRepeat = before.length > 0 || (call.outcome === outcome && at - lastOf(call) <= SLOW_MS);
  if (!isRepeat) call.evidence = 0;
  const told = take(state, { call, outcome, before }, event, view);
  if (isRepeat) weighRepeat(state.usual, call, number, true);
  const verdict = told ?? unusual(state, call, number, event, view);
  if (verdict === undefined) learnRepeat(state.usual, number, isRepeat);
  else call.said = true;
  return verdict === undefined || isTold ? NONE : loopFindings(call, verdict, view);
}

/** Beside a limit that somebody wrote, nothing is learned. */
function unusual(state: LoopState, call: TrackedCall, tool: number, event: EventRecord, view: AgentView) {
  if (event.backfill === true || view.settings.detectors.loop.repeats !== undefined) return undefined;
  const verdict = judgeUnusual(state.usual, call, tool, event.judged_at) ?? judgeHaste(call);
  if (verdict !== undefined) call.habit.flagged = true;
  return verdict;
}

/** A call that goes round with one that is told of already was told with it. */
function isToldByOther(state: LoopState, key: string, view: AgentView): boolean {
  return view.speaking.of(LOOP, view.now).some(({ subject }) => {
    return subject !== key && (subject.includes(key) || takesTurns(state.recent, key, subject.split("-")));
  });
}

/** Repeats and cycles against the configured limit, the agent's own habit, or the stated limit of the first hours. */
export const loop: Detector<LoopState> = {
  name: LOOP,
  summary: "The same call with the same arguments and an unchanged outcome, again and again, alone or in a cycle.",
  page: {
    ready: "From the first event; stricter limits hold until the agent's own habit is known.",
    quieter:
      "Write `repeats` and `within`, which are obeyed as written, or give calls that differ different arguments.",
  },
  learnsExpected: (reason) => reason !== "configured_limit",
  stateVersion: 4,
  takes: { backfill: true },
  create: () => new LoopState({ recent: [], cycles: saveCycles(newCycles()), calls: [], usual: newUsualRepeats() }),
  load(saved, version) {
    const state = saved as SavedLoop;
    if (version >= 3) return new LoopState(state);
    // Version 2 did not weigh repeats.
    const calls = state.calls.map((call) => ({
      ...call,
      evidence: 0,
      peak: 0,
      said: false,
      habit: { ...call.habit, ...NO_COUNT },
    }));
    return new LoopState({ ...state, calls, usual: newUsualRepeats() });
  },
  onEvent(state, event, view) {
    const { call: key, outcome = "", tool, judged_at: at } = event;
    if (key === undefined) return NONE;
    const signature = signatureOf(key, outcome);
    const round = step(state.cycles, signature, { tool, failed: event.failed === true, at });
    if (round === undefined) return takeCall(state, event, { key, signature }, view);
    const findings = takeRound(state, round, event, view);
    const single = takeCall(state, event, { key, signature }, view);
    return findings.length > 0 ? findings : single;
  },
  onExpected({ calls }, { detector, subject, observed }) {
    const call = detector === LOOP ? calls.get(subject) : undefined;
    if (call !== undefined) expectRepeats(call, observed);
  },
};
