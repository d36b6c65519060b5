/** The runs that an agent is in at the moment: where each stands, and what was odd in it. */
import { type EvidenceKind, TOGETHER_MS, WEIGHTS } from "./weights.ts";

/** More than there are pieces in a run. */
export const TIMES = 16;

/** Something odd in a run. */
export interface Piece {
  readonly kind: EvidenceKind;
  /** Of the thing on trial, in the memory of its kind; 0: none. */
  readonly key: number;
  readonly at: number;
  /** What it weighs alone, in nats. */
  readonly nats: number;
  /** As a person reads it: "first use of http_request". */
  readonly text: string;
  /** Where its newness was counted; −1: nowhere. Of tools and turns the time (first, second) + `TIMES` × whole nats. */
  readonly counted: number;
}

/** What a run was asked for, and what it read and did since. */
export interface Errand {
  /** Kind of its request, 0: none, and the begin of its text in lower case, empty where it says next to nothing. */
  request: number;
  wording: string;
  /** Destinations, by their keys, in what the run was asked for and in strangers' texts that it read. */
  asked: readonly number[];
  read: readonly number[];
  /** Steps that it has taken, by their keys, each once. */
  steps: readonly number[];
  /** Places that it wrote to unasked with one tool after another: how many, the last of them, and the tool. */
  strays: number;
  stray: number;
  strayTool: number;
}

export interface RunTrace extends Errand {
  /** Number of the run's name; 0: events without one, told apart by quiet time. */
  readonly key: number;
  at: number;
  /** Number of the last tool; −1: none yet. */
  last: number;
  /** Whether that tool is known: turns from one on trial are odd because of it alone. */
  lastKnown: boolean;
  /** Calls since a stranger's text was read; −1: none was read. */
  sinceOutside: number;
  /** Name of the tool that read it. */
  outsideTool: string;
  /** The new place it goes to, and how often it did. */
  place: number;
  sends: number;
  pieces: readonly Piece[];
  /** Detector and subject of the page that told of it; empty: none did. */
  told: string;
  /** When it was told last. */
  toldAt: number;
  /** That the call in hand comes right after outside text: weighed where something else is odd in it. */
  outside: Piece | undefined;
}

/** Runs in hand at once; the longest quiet one is forgotten. */
const MOST_RUNS = 12;
const MOST_PIECES = 8;
/** Events without a run belong together until the agent is quiet for so long. */
const GAP_MS = 10 * 60_000;
const NONE: readonly Piece[] = [];
const NO_ERRAND: Errand = {
  request: 0,
  wording: "",
  asked: [],
  read: [],
  steps: [],
  strays: 0,
  stray: 0,
  strayTool: 0,
};
const NO_RUNS: readonly SavedRun[] = [];

type Rest = Pick<RunTrace, "outsideTool" | "pieces" | "told" | "outside"> & Partial<Errand>;
type SavedRun = readonly [numbers: readonly number[], rest?: Rest] | RunTrace;

const PLAIN: Rest = { outsideTool: "", pieces: NONE, told: "", outside: undefined };

export class RunTraces {
  #runs: readonly RunTrace[];
  /** Keys of the runs once more, side by side: a look touches the run that it finds and no other. */
  #keys: readonly number[];

  constructor(saved?: unknown) {
    this.#runs = ((saved as readonly SavedRun[] | undefined) ?? NO_RUNS).map(runOf);
    this.#keys = this.#runs.map(({ key }) => key);
  }

  /** The run of this number; undefined when it is not in hand: then it begins with `begin`. */
  find(key: number, at: number): RunTrace | undefined {
    const run = this.#runs[this.#keys.lastIndexOf(key)];
    if (run === undefined || (key === 0 && at - run.at > GAP_MS)) return undefined;
    if (run.told !== "" && at - run.toldAt > TOGETHER_MS) run.told = "";
    return run;
  }

  begin(key: number, at: number, asked: Pick<Errand, "request" | "wording" | "asked">): RunTrace {
    const calls = { last: -1, lastKnown: true, sinceOutside: -1, outsideTool: "", outside: undefined };
    const told = { pieces: NONE, told: "", toldAt: 0 };
    const run: RunTrace = { key, at, ...calls, ...NO_ERRAND, ...asked, place: 0, sends: 0, ...told };
    const same = key === 0 ? this.#keys.indexOf(0) : -1;
    if (same >= 0) this.#forget(same);
    else if (this.#runs.length >= MOST_RUNS) this.#forget(oldestOf(this.#runs));
    this.#runs = [...this.#runs, run];
    this.#keys = [...this.#keys, key];
    return run;
  }

  /** Nothing is odd any more in the runs that a page told of. */
  forgive(told: string): void {
    for (const run of this.#runs) if (run.told === told) Object.assign(run, { told: "", pieces: NONE, place: 0 });
  }

  save(): readonly SavedRun[] {
    return this.#runs.map(savedOf);
  }

  #forget(index: number): void {
    this.#runs = this.#runs.toSpliced(index, 1);
    this.#keys = this.#keys.toSpliced(index, 1);
  }
}

/** Its numbers, then what only few runs have; former releases wrote the run as it is. */
function savedOf({ key, at, last, lastKnown, sinceOutside, place, sends, toldAt, ...rest }: RunTrace): SavedRun {
  const numbers = [key, at, last, lastKnown ? 1 : 0, sinceOutside, place, sends, toldAt];
  const { pieces, told, outsideTool, asked, read, request } = rest;
  const isPlain =
    outsideTool === "" && pieces.length === 0 && told === "" && asked.length + read.length + request === 0;
  return isPlain ? [numbers] : [numbers, rest];
}

function runOf(saved: SavedRun): RunTrace {
  if ("key" in saved) return { ...NO_ERRAND, ...saved, outside: saved.outside };
  const [numbers, rest = PLAIN] = saved;
  const [key = 0, at = 0, last = -1, known = 1, sinceOutside = -1, place = 0, sends = 0, toldAt = 0] = numbers;
  const calls = { last, lastKnown: known === 1, sinceOutside };
  return { key, at, ...calls, ...NO_ERRAND, ...rest, outside: rest.outside, place, sends, toldAt };
}

function oldestOf(runs: readonly RunTrace[]): number {
  let oldest = 0;
  for (let index = 1; index < runs.length; index++) {
    if ((runs[index] as RunTrace).at < (runs[oldest] as RunTrace).at) oldest = index;
  }
  return oldest;
}

/** Adds a piece, in place of the same one before; what is out of the window goes, and of too many the lightest. */
export function addPiece(run: RunTrace, piece: Piece): void {
  const { kind, key } = piece;
  const fresh = run.pieces.filter((one) => piece.at - one.at <= TOGETHER_MS && !(one.kind === kind && one.key === key));
  if (fresh.length >= MOST_PIECES) {
    const lightest = fresh.reduce((least, one, index) => (one.nats < (fresh[least] as Piece).nats ? index : least), 0);
    fresh.splice(lightest, 1);
  }
  run.pieces = [...fresh, piece];
}

/** Whether this thing is part of the run's evidence already. */
export function hasPiece({ pieces }: RunTrace, kind: EvidenceKind, key: number): boolean {
  return pieces.length > 0 && pieces.some((piece) => piece.kind === kind && piece.key === key);
}

export function piecesOf({ pieces }: RunTrace, kind: EvidenceKind): readonly Piece[] {
  return pieces.filter((piece) => piece.kind === kind);
}

/** Nats of all that is odd in the run, each kind up to its most. */
export function totalOf({ pieces }: RunTrace): number {
  let total = 0;
  for (const kind of new Set(pieces.map((piece) => piece.kind))) {
    const mine = pieces.filter((piece) => piece.kind === kind);
    const sum = mine.reduce((nats, piece) => nats + piece.nats, 0);
    total += Math.min(sum, WEIGHTS[kind].most[Math.min(mine.length, 3) - 1] as number);
  }
  return total;
}
