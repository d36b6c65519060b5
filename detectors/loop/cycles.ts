/** Finds A-B-A-B, A-B-C-A-B-C and the like in an agent's last calls, one step per call. */
import { doublesOf, doublesText } from "../text/packed-numbers.ts";
import { LONGEST_CYCLE } from "./rules.ts";
import { type Signature, signatureOf, textOf } from "./signature.ts";

/** A round that repeats the one before it, call by call, with unchanged outcomes. */
export interface Round {
  /** The same wherever in the cycle one starts. */
  readonly key: string;
  readonly name: string;
  /** Calls in the round. */
  readonly period: number;
  readonly outcome: string;
  readonly failed: boolean;
  /** When the round before ended, if this is the first to repeat it; else the cycle goes on. */
  readonly begunAt: number | undefined;
}

/** Steps that are kept: the longest cycle, and the call before it. */
const KEPT = LONGEST_CYCLE + 1;
/** Numbers of a step: call and outcome in two halves each, moment, failed. */
const FIELDS = 6;
const OUTCOME = 2;
const AT = 4;
const FAILED = 5;

/** About 600 bytes: numbers side by side, so that a step looks at few pieces of memory. */
export interface CycleMemory {
  /** Of the last calls, call number n in place n modulo `KEPT`; empty before the first. */
  marks: number[];
  /** Names of their tools, in the same places. */
  tools: string[];
  /** Calls so far. */
  calls: number;
  /** By period: how many calls in a row equal the one a period before. */
  readonly runs: number[];
}

export interface SavedCycles {
  readonly marks: string;
  readonly tools: readonly string[];
  readonly calls: number;
  readonly runs: readonly number[];
}

/** As former releases wrote it, the newest step last. */
interface FormerCycles {
  readonly steps: readonly (StepDetails & { readonly call: string; readonly outcome: string })[];
  readonly runs: readonly number[];
}

export function newCycles(): CycleMemory {
  return { marks: [], tools: [], calls: 0, runs: new Array<number>(KEPT).fill(0) };
}

/** The oldest step first, however many there were before. */
export function saveCycles({ marks, tools, calls, runs }: CycleMemory): SavedCycles {
  const first = calls > KEPT ? calls % KEPT : 0;
  const inOrder = [...marks.slice(first * FIELDS), ...marks.slice(0, first * FIELDS)];
  const named = [...tools.slice(first), ...tools.slice(0, first)];
  return { marks: doublesText(inOrder), tools: named, calls: Math.min(KEPT, calls), runs };
}

export function loadCycles(saved: SavedCycles | FormerCycles): CycleMemory {
  const runs = [...saved.runs];
  if ("marks" in saved) return { marks: doublesOf(saved.marks), tools: [...saved.tools], calls: saved.calls, runs };
  const memory: CycleMemory = { ...newCycles(), runs };
  for (const { call, outcome, ...details } of saved.steps) add(memory, signatureOf(call, outcome), details);
  return memory;
}

/** What a message, and a memory of the cycle, need of a call besides. */
export interface StepDetails {
  readonly tool: string;
  readonly failed: boolean;
  readonly at: number;
}

/** Takes in a call and returns the round it completes, of the shortest cycle, if it does. */
export function step(memory: CycleMemory, next: Signature, details: StepDetails): Round | undefined {
  add(memory, next, details);
  const { runs, calls } = memory;
  let found: Round | undefined;
  for (let period = 1; period <= LONGEST_CYCLE; period++) {
    const isSame = calls > period && isEqual(memory, calls - 1 - period, next);
    runs[period] = isSame ? (runs[period] ?? 0) + 1 : 0;
    const run = runs[period] ?? 0;
    if (run < period) continue;
    // The shortest period explains the longer ones; a period of one is a plain repeat.
    if (period > 1 && run % period === 0) found = roundOf(memory, period, run === period);
    break;
  }
  return found;
}

function add(memory: CycleMemory, { call, callRest, outcome, outcomeRest }: Signature, details: StepDetails): void {
  if (memory.marks.length === 0) {
    memory.marks = new Array<number>(KEPT * FIELDS).fill(0);
    memory.tools = new Array<string>(KEPT).fill("");
  }
  const place = memory.calls % KEPT;
  const { marks } = memory;
  const base = place * FIELDS;
  marks[base] = call;
  marks[base + 1] = callRest;
  marks[base + OUTCOME] = outcome;
  marks[base + OUTCOME + 1] = outcomeRest;
  marks[base + AT] = details.at;
  marks[base + FAILED] = details.failed ? 1 : 0;
  memory.tools[place] = details.tool;
  memory.calls++;
}

function isEqual({ marks }: CycleMemory, number: number, next: Signature): boolean {
  const base = (number % KEPT) * FIELDS;
  return (
    marks[base] === next.call &&
    marks[base + 1] === next.callRest &&
    marks[base + OUTCOME] === next.outcome &&
    marks[base + OUTCOME + 1] === next.outcomeRest
  );
}

function roundOf({ marks, tools, calls }: CycleMemory, period: number, isFirst: boolean): Round {
  const markOf = (number: number, field: number): number => marks[(number % KEPT) * FIELDS + field] ?? 0;
  const numbers = Array.from({ length: period }, (_, index) => calls - period + index);
  const texts = numbers.map((number) => textOf(markOf(number, 0), markOf(number, 1)));
  // From the smallest call on, so that a cycle has one name.
  let start = 0;
  texts.forEach((text, index) => {
    if (text < (texts[start] ?? "")) start = index;
  });
  const rotate = <T>(all: readonly T[]): T[] => [...all.slice(start), ...all.slice(0, start)];
  return {
    key: rotate(texts).join("-"),
    period,
    name: rotate(numbers.map((number) => tools[number % KEPT] ?? "")).join(" → "),
    outcome: rotate(numbers.map((n) => textOf(markOf(n, OUTCOME), markOf(n, OUTCOME + 1)))).join("-"),
    failed: numbers.every((number) => markOf(number, FAILED) === 1),
    begunAt: isFirst ? markOf(calls - 1 - period, AT) : undefined,
  };
}
