/** Steps that runs with such a request never take: who talks an agent into something cannot choose what it was asked for. */
import { plural } from "../text/numbers.ts";
import type { AgentEvidence } from "./evidence.ts";
import { dayOf } from "./known-things.ts";
import { RUNS_TO_KNOW } from "./request-kinds.ts";
import { addPiece, type Piece, piecesOf, type RunTrace } from "./run-trace.ts";
import { WEIGHTS, weightOf } from "./weights.ts";

/** What fewer than one in so many of them did is still odd, though it weighs less. */
const SELDOM = 10;
/** Different steps of a run that are counted once each. */
const MOST_STEPS = 16;

export interface OddStep {
  readonly key: number;
  readonly at: number;
  /** Runs before with such a request, and how often one of them took this step. */
  readonly runs: number;
  readonly uses: number;
}

/** Number of a step: what a run with this kind of request does with a tool; `nth` tells several of a tool apart. */
export function stepKey({ request }: RunTrace, tool: number, nth = 0): number {
  return (Math.imul(request, 0x9e3779b1) ^ Math.imul(tool + 2, 0x85ebca6b) ^ nth) >>> 0 || 1;
}

/** Learns a step; undefined: it is what such runs do, or nothing is known of them. */
export function takeStep(run: RunTrace, key: number, at: number, evidence: AgentEvidence): OddStep | undefined {
  if (run.request === 0 || run.steps.includes(key)) return undefined;
  if (run.steps.length < MOST_STEPS) run.steps = [...run.steps, key];
  const { steps, requests } = evidence;
  const day = dayOf(at);
  const found = steps.find(key);
  const runs = requests.runsOf(run.request) - 1;
  const uses = steps.usesSincePage(found, day);
  const isUsual = steps.isKnown(found, day) || (uses > 0 && uses * SELDOM >= runs);
  const isUncertain = found < 0 && steps.isCrowded(day);
  steps.see(key, day, found);
  // What a page told of is not learned from, but it makes nothing strange that such runs do anyhow.
  if (run.told !== "" && !isUsual) steps.distrust(key, true);
  return run.told !== "" || isUsual || isUncertain || runs < RUNS_TO_KNOW ? undefined : { key, at, runs, uses };
}

/**
 * Adds an odd step to the run's evidence. It counts as newness that this agent has every day when it comes again: what
 * an agent was talked into once seldom does, and would else make the next time look ordinary.
 */
export function addStep(
  run: RunTrace,
  kind: "request" | "stray",
  { key, at, runs, uses }: OddStep,
  does: string,
  { runShares, requests, isKnown }: AgentEvidence,
): Piece {
  const before = piecesOf(run, kind).length;
  const upTo = (times: number): number => {
    const most = WEIGHTS[kind].most[Math.min(times, 3) - 1] ?? 0;
    return times === 0 ? 0 : weightOf(kind, runShares.shareOf(kind, times), most);
  };
  const cameAgain = uses === 1;
  if (cameAgain) runShares.count(kind, before + 1, 1);
  // Runs that named no request have shown nothing of it.
  const most = Math.log(WEIGHTS[kind].share * 2 * (requests.total + 1));
  const weighed = Math.min(most, upTo(before + 1) - upTo(before)) - 2 * Math.log(1 + uses);
  const nats = isKnown ? Math.max(0, weighed) : 0;
  const others = uses === 0 ? plural(runs, "run") : `${Math.max(0, runs - uses)} of ${plural(runs, "run")}`;
  const text = `${does}, as ${others} with such a request did not`;
  const piece: Piece = { kind, key, at, nats, text, counted: cameAgain ? before + 1 : -1 };
  addPiece(run, piece);
  return piece;
}
