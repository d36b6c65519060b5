/** Where a destination comes from: from what the run was asked for, from a stranger's text that it read, or from neither. */
import type { EventRecord } from "../../schemas/journal.ts";
import type { AgentView } from "../detector.ts";
import { addStep, stepKey, takeStep } from "../evidence/request-steps.ts";
import { addPiece, hasPiece, type Piece, piecesOf, type RunTrace } from "../evidence/run-trace.ts";
import { WEIGHTS, weightOf } from "../evidence/weights.ts";
import { onlyLooks } from "../novelty/outside-text.ts";
import { nameText } from "../text/numbers.ts";
import { joined, mentionsIn, mentionsInOutcome } from "./mentions.ts";
import { keyOfPlace, type Place } from "./place.ts";

/** Shorter names stand in many texts by accident. */
const SHORTEST_NAME = 3;
/** Further places that a run writes to unasked are like the last that is told apart. */
const MOST_STRAYS = 2;
/** Characters with which a longer name goes on. */
const BEFORE = /[\p{L}\p{N}_.+@-]/u;
const AFTER = /[\p{L}\p{N}_@-]/u;

/** What it decides before it reads what strangers wrote is its own; what it reads from there on may not be. */
export function noteTexts(event: EventRecord, { evidence }: AgentView): void {
  const run = evidence.runOf(event);
  if (event.kind === "decision") {
    if (run.sinceOutside < 0) run.asked = joined(run.asked, mentionsIn(event.raw));
  } else if (run.sinceOutside === 0) run.read = joined(run.read, mentionsInOutcome(event));
}

export function isAskedFor({ asked, wording }: RunTrace, place: Place): boolean {
  const { text } = place;
  return asked.includes(keyOfPlace(place)) || (text.length >= SHORTEST_NAME && names(wording, text.toLowerCase()));
}

/** Whether it stands there whole: a part of an address or a word that was named is another's name. */
function names(wording: string, name: string): boolean {
  for (let at = wording.indexOf(name); at >= 0; at = wording.indexOf(name, at + 1)) {
    const end = at + name.length;
    if (!BEFORE.test(wording.slice(Math.max(0, at - 1), at)) && !AFTER.test(wording.slice(end, end + 1))) return true;
  }
  return false;
}

/** It stands in a stranger's text that the run read, and not in what the run was asked for: how often that is so is learned. */
export function addSource(run: RunTrace, key: number, at: number, view: AgentView): void {
  if (!run.read.includes(key) || piecesOf(run, "source").length > 0) return;
  const { runShares, isKnown } = view.evidence;
  const nats = isKnown ? weightOf("source", runShares.shareOf("source", 1), WEIGHTS.source.most[0]) : 0;
  runShares.count("source", 1, 1);
  const text = `it stands in what ${nameText(run.outsideTool)} read, not in what was asked for`;
  addPiece(run, { kind: "source", key, at, nats, text, counted: -1 });
}

/** A place that it writes to unasked: with which tools, and to how many, runs with such a request do so is learned. */
export function addStray(run: RunTrace, place: Place, event: EventRecord, view: AgentView): Piece | undefined {
  if (run.wording === "" || onlyLooks(event.tool)) return undefined;
  const { tools, evidence } = view;
  const tool = tools.indexOf(event.tool);
  const key = keyOfPlace(place);
  run.strays = tool !== run.strayTool ? 1 : key === run.stray ? run.strays : run.strays + 1;
  run.stray = key;
  run.strayTool = tool;
  const step = takeStep(run, stepKey(run, tool, Math.min(run.strays, MOST_STRAYS)), event.judged_at, evidence);
  // Of a tool that is new, or that such runs never use, it is odd because of it alone.
  if (step === undefined || !run.lastKnown || hasPiece(run, "request", stepKey(run, tool))) return undefined;
  return addStep(run, "stray", step, `${nameText(event.tool)} goes to ${nameText(place.text)} unasked`, evidence);
}
