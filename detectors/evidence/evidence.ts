/** What an agent is used to and what is odd in its runs: shared by the detectors that weigh small signs together. */
import type { EventRecord, ExpectedRecord } from "../../schemas/journal.ts";
import { Turns } from "../novelty/turns.ts";
import { mentionsIn } from "../outbound/mentions.ts";
import { PlaceShares } from "../outbound/place-shares.ts";
import { dayOf, KnownThings, keyOf } from "./known-things.ts";
import { isThing, PagedThings, type ThingKind } from "./paged-things.ts";
import { RequestKinds } from "./request-kinds.ts";
import { requestText, sketchOf } from "./request-text.ts";
import { RunShares } from "./run-shares.ts";
import { type Piece, type RunTrace, RunTraces, TIMES } from "./run-trace.ts";

/** Places, tools, turns and steps of requests that are remembered; 12 bytes each. */
const PLACES = 256;
const TOOLS = 96;
const TURNS = 320;
const STEPS = 320;
/** Names of known domains that new ones are compared with. */
const LABELS = 32;
const MOST_LABEL = 40;
/** Of fewer words a request says who started the run, not where it is to go. */
const LEAST_WORDS = 3;
/** Characters of a request that are kept while the run is in hand. */
const MOST_WORDING = 500;
/** Until then the agent is newborn: what is new is learned and not even noted. */
const RUNS_OF_WORK = 12;

/** About 2 KB for an agent of ten tools, 14 KB at the most; up to 13 KB more where runs say what they were asked for. */
export class AgentEvidence {
  readonly places: KnownThings;
  readonly tools: KnownThings;
  readonly turns: KnownThings;
  /** What runs with a kind of request do, and which kinds there are. */
  readonly steps: KnownThings;
  readonly requests: RequestKinds;
  /** How surprising a turn is; `turns` says which ones are known. */
  readonly order: Turns;
  readonly runs: RunTraces;
  readonly runShares: RunShares;
  readonly placeShares: PlaceShares;
  /** What pages told of, until somebody says what to think of it. */
  readonly paged: PagedThings;
  /** Names of known domains without their suffix. */
  labels: readonly string[];
  #days: number;
  #day: number;

  constructor(saved?: ReturnType<AgentEvidence["save"]>) {
    this.places = new KnownThings(PLACES, saved?.places);
    this.tools = new KnownThings(TOOLS, saved?.tools);
    this.turns = new KnownThings(TURNS, saved?.turns);
    this.steps = new KnownThings(STEPS, saved?.steps);
    this.requests = new RequestKinds(saved?.requests);
    this.order = new Turns(saved?.order);
    this.runs = new RunTraces(saved?.runs);
    this.runShares = new RunShares(saved?.runShares);
    this.placeShares = new PlaceShares(saved?.placeShares);
    this.paged = new PagedThings(saved?.paged);
    this.labels = saved?.labels ?? [];
    this.#days = saved?.days ?? 0;
    this.#day = saved?.day ?? 0;
  }

  /** Whether its runs are enough to call something new; how new it is says how often it brings new things. */
  get isKnown(): boolean {
    return this.runShares.runs >= RUNS_OF_WORK;
  }

  /** Days on which it worked, as far as they are counted. */
  get days(): number {
    return this.#days;
  }

  /** The run of an event, begun if it is new. */
  runOf(event: EventRecord): RunTrace {
    const { run, judged_at: at } = event;
    const key = run === undefined ? 0 : keyOf(run);
    const known = this.runs.find(key, at);
    if (known !== undefined) {
      known.at = Math.max(known.at, at);
      return known;
    }
    this.runShares.begin();
    const day = dayOf(at);
    if (day > this.#day) {
      this.#day = day;
      this.#days = Math.min(9999, this.#days + 1);
    }
    return this.runs.begin(key, at, this.#requestOf(event));
  }

  /** These were told as a page, by a detector about a subject: they are not learned, and what was new is on trial anew. */
  distrust(pieces: readonly Piece[], told: string): void {
    this.paged.add(told, pieces);
    for (const { kind, key, counted } of pieces) {
      // When many runs take a new step, each day's first is told: the others weigh by its uses less.
      if (isThing(kind)) this.#things(kind).distrust(key, kind === "request" || kind === "stray");
      if (kind === "source") this.runShares.count(kind, 1, -1);
      if (counted < 0) continue;
      if (kind === "place") this.placeShares.count(counted, -1);
      else if (isThing(kind)) this.runShares.count(kind, counted % TIMES, -1);
      if (kind === "order") this.order.takeBack(Math.floor(counted / TIMES));
    }
  }

  /** Somebody said that what a page told of is as it should be: its places, tools, turns and steps are known from here on. */
  expect({ detector, subject, at }: ExpectedRecord): void {
    const told = `${detector} ${subject}`;
    const day = dayOf(at);
    for (const [kind, key] of this.paged.take(told)) {
      this.#things(kind).trust(key, day);
    }
    this.runs.forgive(told);
  }

  /** A name that a new one might imitate, such as "slack"; the oldest of too many goes. */
  addLabel(label: string): void {
    if (label === "" || label.length > MOST_LABEL || this.labels.includes(label)) return;
    this.labels = [...this.labels.slice(1 - LABELS), label];
  }

  #requestOf(event: EventRecord) {
    const text = requestText(event);
    const words = sketchOf(text);
    const begin = text.slice(0, MOST_WORDING).toLowerCase();
    // Copied: a part of a text keeps all of it in memory.
    const wording = words.length < LEAST_WORDS ? "" : Buffer.from(begin).toString();
    return { asked: mentionsIn(text), request: this.requests.begin(words), wording };
  }

  #things(kind: ThingKind): KnownThings {
    return { place: this.places, tool: this.tools, order: this.turns, request: this.steps, stray: this.steps }[kind];
  }

  save() {
    return {
      days: this.#days,
      day: this.#day,
      labels: this.labels,
      places: this.places.save(),
      tools: this.tools.save(),
      turns: this.turns.save(),
      steps: this.steps.save(),
      requests: this.requests.save(),
      order: this.order.save(),
      runs: this.runs.save(),
      runShares: this.runShares.save(),
      placeShares: this.placeShares.save(),
      ...(this.paged.isEmpty ? {} : { paged: this.paged.save() }),
    };
  }
}
