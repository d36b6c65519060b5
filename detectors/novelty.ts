/** A tool used for the first time, or in a while, and tools in an order in which this agent never uses them. */
import type { Finding } from "../schemas/finding.ts";
import type { EventRecord } from "../schemas/journal.ts";
import type { AgentView, Detector, DetectorState } from "./detector.ts";
import { dayOf, keyOf } from "./evidence/known-things.ts";
import { addStep, stepKey, takeStep } from "./evidence/request-steps.ts";
import type { Counted } from "./evidence/run-shares.ts";
import { addPiece, hasPiece, type Piece, piecesOf, type RunTrace, TIMES } from "./evidence/run-trace.ts";
import { weighTogether } from "./evidence/together.ts";
import { WEIGHTS, weightOf } from "./evidence/weights.ts";
import { JUST_BEFORE_CALLS, OutsideHabit } from "./novelty/outside-habit.ts";
import { onlyLooks, readsOutsideText } from "./novelty/outside-text.ts";
import { bucketOf, turnKey } from "./novelty/turns.ts";
import { nameText, plural } from "./text/numbers.ts";

const NAME = "novelty";
const NONE: readonly Finding[] = [];
const NOT_ASKED: readonly number[] = [];

interface SavedNovelty {
  /** Version 1 wrote an array. */
  readonly outside: string | readonly number[];
}

/** Tools of which a number remembers the answer, by two bits each. */
const ANSWERS = 15;
const [NO, YES] = [1, 2];

class NoveltyState implements DetectorState {
  readonly outside: OutsideHabit;
  /** By tool: 0 not asked yet, no, yes. */
  #asked: readonly number[] = NOT_ASKED;

  constructor(saved?: SavedNovelty) {
    this.outside = new OutsideHabit(saved?.outside);
  }

  /** Whether a tool reads what strangers wrote; asked once a tool. */
  reads(tool: number, name: string): boolean {
    // Number 0 stands for all tools beyond the table.
    if (tool === 0) return readsOutsideText(name);
    const [index, shift] = [Math.floor(tool / ANSWERS), 2 * (tool % ANSWERS)];
    const known = ((this.#asked[index] ?? 0) >> shift) & 3;
    if (known !== 0) return known === YES;
    const answer = readsOutsideText(name) ? YES : NO;
    const asked = Array.from({ length: Math.max(this.#asked.length, index + 1) }, (_, at) => this.#asked[at] ?? 0);
    asked[index] = (asked[index] as number) | (answer << shift);
    this.#asked = asked;
    return answer === YES;
  }

  save(): SavedNovelty {
    return { outside: this.outside.save() };
  }
}

/** Something odd in this event, and what a note of it would say. */
interface Odd {
  readonly kind: Counted;
  readonly key: number;
  readonly text: string;
  readonly subject: string;
  /** How often it was seen on trial before. */
  readonly uses: number;
  /** Of a turn. */
  readonly surprise: number;
}

/**
 * Adds it to the run's evidence: the second and third of their kind weigh what they add to the ones before. What was
 * seen already weighs by the square of that less, and is no newness to be counted.
 */
function addOdd(run: RunTrace, { kind, key, text, uses, surprise }: Odd, at: number, view: AgentView): Piece {
  const { runShares, isKnown } = view.evidence;
  const isFresh = uses === 0;
  const times = isFresh ? piecesOf(run, kind).filter(({ counted }) => counted >= 0).length + 1 : 1;
  const upTo = (count: number): number => {
    const most = WEIGHTS[kind].most[Math.min(count, 3) - 1] ?? 0;
    return count === 0 ? 0 : weightOf(kind, runShares.shareOf(kind, count), most);
  };
  const nats = isFresh ? upTo(times) - upTo(times - 1) : upTo(1) - 2 * Math.log(1 + uses);
  if (isFresh) runShares.count(kind, times, 1);
  const counted = isFresh ? times + TIMES * bucketOf(surprise) : -1;
  // Of a newborn agent it is counted only: that is how it is found out how much it improvises.
  const piece: Piece = { kind, key, at, nats: isKnown ? Math.max(0, nats) : 0, text, counted };
  if (isFresh || piece.nats > 0) addPiece(run, piece);
  return piece;
}

/** What was read just before says nothing alone: it weighs where something is odd in this very call. */
function outsidePiece(state: NoveltyState, run: RunTrace, tool: number, at: number): Piece | undefined {
  const nats = weightOf("outside", state.outside.shareOf(tool), WEIGHTS.outside.most[0]);
  const text = `right after it read outside text with ${nameText(run.outsideTool)}`;
  return nats > 0.1 ? { kind: "outside", key: 0, at, nats, text, counted: -1 } : undefined;
}

/** Tools are told apart by their numbers, those beyond the table by their names. */
function oddTool(run: RunTrace, tool: number, event: EventRecord, view: AgentView): Odd | undefined {
  const { tools } = view.evidence;
  const key = tool > 0 ? tool : keyOf(event.tool);
  const day = dayOf(event.judged_at);
  const found = tools.find(key);
  const uses = tools.usesOf(found);
  const isFamiliar = tools.isFamiliar(found, day, view.evidence.days);
  // What a page told of is not learned from.
  if (isFamiliar || run.told === "") tools.see(key, day, found);
  if (isFamiliar) return undefined;
  const name = nameText(event.tool);
  const text = found < 0 ? `first use of ${name}` : `use of ${name}, new for it`;
  return { kind: "tool", key, text, subject: event.tool, uses, surprise: 0 };
}

/** Turns to or from a tool that is new are odd because of it alone. */
function oddTurn(
  run: RunTrace,
  { tool, isKnown: isToolKnown }: { readonly tool: number; readonly isKnown: boolean },
  event: EventRecord,
  view: AgentView,
): Odd | undefined {
  const { last } = run;
  if (last === tool) return undefined;
  const { turns, order, isKnown } = view.evidence;
  const day = dayOf(event.judged_at);
  const key = turnKey(last, tool);
  const found = turns.find(key);
  const uses = turns.usesOf(found);
  const trusted = turns.isKnown(found, day);
  if (trusted || run.told === "") turns.see(key, day, found);
  const nats = order.surpriseOf(last, uses, view.tools.size);
  order.learn(last, turns);
  if (!isKnown || !isToolKnown || !run.lastKnown || run.told !== "" || !order.isOdd(nats)) return undefined;
  const from = last < 0 ? "" : view.tools.nameOf(last);
  const name = nameText(event.tool);
  const text = from === "" ? `begins a run with ${name}` : `goes from ${nameText(from)} to ${name}`;
  return { kind: "order", key, text, subject: `${from} → ${event.tool}`, uses: trusted ? 0 : uses, surprise: nats };
}

function judge(state: NoveltyState, event: EventRecord, view: AgentView): Finding | undefined {
  const { evidence } = view;
  const at = event.judged_at;
  const run = evidence.runOf(event);
  const tool = view.tools.indexOf(event.tool);
  const newTool = oddTool(run, tool, event, view);
  const turn = oddTurn(run, { tool, isKnown: newTool === undefined }, event, view);
  const fresh = newTool ?? turn;
  const odd = fresh === undefined || hasPiece(run, fresh.kind, fresh.key) ? undefined : fresh;
  const isAfter = run.sinceOutside >= 0 && run.sinceOutside < JUST_BEFORE_CALLS;
  run.last = tool;
  run.lastKnown = newTool === undefined;
  run.outside = isAfter ? outsidePiece(state, run, tool, at) : undefined;
  state.outside.learn(tool, isAfter);
  if (state.reads(tool, event.tool)) {
    run.sinceOutside = 0;
    run.outsideTool = event.tool;
  } else if (run.sinceOutside >= 0) run.sinceOutside++;
  const step = onlyLooks(event.tool) ? undefined : takeStep(run, stepKey(run, tool), at, evidence);
  const isStep = step !== undefined && newTool === undefined;
  // Instead of the turn that led to it: where such runs never use a tool they never turn to it either.
  const unlike = isStep ? addStep(run, "request", step, `uses ${nameText(event.tool)}`, evidence) : undefined;
  const isUnlike = unlike !== undefined && unlike.nats > 0;
  const piece = isUnlike ? unlike : odd && addOdd(run, odd, at, view);
  if (piece === undefined || piece.nats === 0) return undefined;
  return weighTogether(
    run,
    {
      detector: NAME,
      subject: (isUnlike ? undefined : odd)?.subject ?? event.tool,
      piece,
      title: piece.text,
      usual: `new after ${plural(evidence.runShares.runs, "run")} on ${plural(evidence.days, "day")}`,
      tool: event.tool,
      isHistory: event.backfill === true,
    },
    view,
  );
}

/** Rare, not merely first: counted in runs and days of this agent, and weighed with what else is odd in the same run. */
export const novelty: Detector<NoveltyState> = {
  name: NAME,
  summary:
    "First use of a tool, a tool that runs with such a request never use, an order of calls in which this agent never works, and several odd things in one run.",
  page: {
    ready: "Once the agent worked in 12 runs; what a short history cannot tell weighs little.",
    quieter:
      "Name runs in `run`, so that what is odd is weighed by run, and say in `trigger` what each was asked for, in its words: then what such runs always do is not odd. What was seen on three different days is known; of a page, what lasts seven days.",
  },
  learnsExpected: () => true,
  stateVersion: 2,
  takes: { backfill: true },
  create: () => new NoveltyState(),
  load: (saved) => new NoveltyState(saved as SavedNovelty),
  onEvent(state, event, view) {
    if (event.kind === "decision") return NONE;
    const finding = judge(state, event, view);
    return finding === undefined ? NONE : [finding];
  },
};
