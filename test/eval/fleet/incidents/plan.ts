/** Which incidents a fleet suffers, where and when: every type, every size, drawn from the fleet's seed. */
import { DAY_MS, HOUR_MS, type Zones } from "../../../../detectors/time/zones.ts";
import type { Actor } from "../actor.ts";
import type { DaysOff } from "../calendar.ts";
import { between, oneOf, randomOf, shuffled } from "../draws.ts";
import { type IncidentType, type Label, MAGNITUDES } from "../label.ts";
import type { Span } from "../profile.ts";
import type { Rhythm } from "../rhythm.ts";
import { integrity, offHours, priceCoverage, silence, slowPoison } from "./absences.ts";
import { exfiltration, injection, novelty, policy, secretLeak } from "./intrusions.ts";
import { budget, outbound, resource, spend, toolFrequency } from "./jumps.ts";
import { errorLoop, errorShare, hastyPoller, loop } from "./loops.ts";
import type { Draft, Recipe, Scene } from "./scene.ts";

/** An incident in its place. */
export interface Incident {
  readonly label: Label;
  readonly hourly: Draft["hourly"];
  readonly alter: Draft["alter"];
}

interface Kind {
  readonly type: IncidentType;
  readonly recipe: Recipe;
  /** Whether an attacker would come back with it. */
  readonly comesBack?: true;
  /** How often it is drawn, beside others without a size; the sized ones once for each size. */
  readonly weight?: number;
}

const SIZED: readonly Kind[] = [
  { type: "tool-frequency", recipe: toolFrequency },
  { type: "spend", recipe: spend, comesBack: true },
  { type: "outbound", recipe: outbound },
  { type: "resource", recipe: resource },
  { type: "error-share", recipe: errorShare },
  { type: "loop", recipe: hastyPoller },
];

const UNSIZED: readonly Kind[] = [
  { type: "loop", recipe: loop, weight: 4 },
  { type: "error-loop", recipe: errorLoop, weight: 3 },
  { type: "off-hours", recipe: offHours, comesBack: true, weight: 3 },
  { type: "exfiltration", recipe: exfiltration, comesBack: true, weight: 4 },
  { type: "injection", recipe: injection, comesBack: true, weight: 4 },
  { type: "novelty", recipe: novelty, weight: 3 },
  { type: "policy", recipe: policy, weight: 3 },
  { type: "secret-leak", recipe: secretLeak, weight: 3 },
  { type: "silence", recipe: silence, weight: 3 },
  { type: "budget", recipe: budget, weight: 2 },
  { type: "price-coverage", recipe: priceCoverage, weight: 2 },
  { type: "integrity", recipe: integrity, weight: 2 },
];

/** Time between two incidents of one agent: the first is over and forgotten when the next one comes. */
const APART_MS = 36 * HOUR_MS;
const TRIES = 400;
const COMES_BACK = 0.4;
/** Of the incidents so many happened before the watch began, and come back in it, weeks later at the same hour. */
const FROM_HISTORY = 0.08;
/** Days of history that an agent has at the least when something happens to it. */
const KNOWN_MS = 15 * DAY_MS;

export interface PlanOptions {
  readonly seed: number;
  readonly span: Span;
  readonly actors: readonly Actor[];
  readonly rhythm: Rhythm;
  readonly off: DaysOff;
  readonly zones: Zones;
  /** Incidents per agent. */
  readonly perAgent: number;
  /** At most so many in a fleet. */
  readonly most: number;
}

interface Wanted extends Kind {
  readonly magnitude: number | null;
}

/** Every type once, in random order, then every type in every size, and so on until there are enough. */
function wanted(count: number, seed: number): Wanted[] {
  const random = randomOf(seed, "recipes");
  const once = shuffled([...UNSIZED, ...SIZED], random).map((kind): Wanted => {
    return { ...kind, magnitude: SIZED.includes(kind) ? oneOf(MAGNITUDES, random) : null };
  });
  const all: Wanted[] = [
    ...SIZED.flatMap((kind) => MAGNITUDES.map((magnitude): Wanted => ({ ...kind, magnitude }))),
    ...UNSIZED.flatMap((kind) =>
      Array.from({ length: kind.weight ?? 1 }, (): Wanted => ({ ...kind, magnitude: null })),
    ),
  ];
  const out = once;
  while (out.length < count) out.push(...shuffled(all, random));
  return out.slice(0, count);
}

export interface Plan {
  readonly incidents: readonly Incident[];
  /** What was wanted and fitted nowhere, by type. */
  readonly unplaced: Readonly<Record<string, number>>;
}

/** Places incidents; the same options give the same plan. */
export function planOf(options: PlanOptions): Plan {
  const { seed, span, actors, perAgent, most } = options;
  const taken = new Map<string, [from: number, to: number][]>();
  const incidents: Incident[] = [];
  const unplaced: Record<string, number> = {};

  function isFree(agent: string, from: number, to: number): boolean {
    return (taken.get(agent) ?? []).every(([start, end]) => to + APART_MS <= start || from >= end + APART_MS);
  }

  function keep(actor: Actor, kind: Wanted, id: string, draft: Draft, returns: number): void {
    const { agent } = actor.profile;
    const { from, to, variant, normal = null, countsFrom = from, hourly, alter } = draft;
    const { type, magnitude } = kind;
    const mine = taken.get(agent) ?? [];
    taken.set(agent, mine);
    mine.push([from, to]);
    const label = {
      id,
      agent,
      type,
      variant,
      from,
      to: Math.round(to),
      countsFrom: Math.round(countsFrom),
      magnitude,
      normal,
      returns,
    };
    incidents.push({ label, hourly, alter });
  }

  function drafted(actor: Actor, kind: Wanted, id: string, at: number): Draft | undefined {
    const { rhythm, off, zones } = options;
    const { profile } = actor;
    if (at - profile.bornAt < KNOWN_MS) return undefined;
    const scene: Scene = { actor, profile, rhythm, off, zones, span, random: randomOf(seed, "incident", id), id };
    const draft = kind.recipe(scene, at, kind.magnitude ?? 1);
    return draft !== undefined && draft.to <= span.to && isFree(profile.agent, draft.from, draft.to)
      ? draft
      : undefined;
  }

  /** Once more, days later, by the same hand: the same random source draws the same. */
  function comeBack(actor: Actor, kind: Wanted, id: string, first: Draft, days: readonly number[]): void {
    for (const later of days) {
      const draft = drafted(actor, kind, id, first.from + later * DAY_MS);
      if (draft === undefined || draft.from < span.watchFrom) continue;
      keep(actor, kind, `${id}-again`, draft, 1);
      return;
    }
  }

  function placeOne(kind: Wanted, id: string): boolean {
    const random = randomOf(seed, "place", id);
    const fromHistory = kind.comesBack === true && random() < FROM_HISTORY / COMES_BACK;
    const [low, high] = fromHistory
      ? [span.from + KNOWN_MS, span.watchFrom - DAY_MS]
      : [span.watchFrom + 6 * HOUR_MS, span.to - 12 * HOUR_MS];
    for (let attempt = 0; attempt < TRIES && low < high; attempt++) {
      const actor = oneOf(actors, random);
      const at = Math.floor(between(low, high, random) / 1000) * 1000;
      const draft = drafted(actor, kind, id, at);
      if (draft === undefined) continue;
      keep(actor, kind, id, draft, 0);
      if (fromHistory) comeBack(actor, kind, id, draft, [7, 14, 21]);
      else if (kind.comesBack === true && random() < COMES_BACK) comeBack(actor, kind, id, draft, [2, 3, 4, 5, 6]);
      return true;
    }
    return false;
  }

  function poison(): void {
    const kind: Wanted = { type: "slow-poison", recipe: slowPoison, magnitude: null };
    let left = Math.max(1, Math.round(actors.length * 0.02));
    for (const actor of shuffled(actors, randomOf(seed, "poison"))) {
      if (left === 0) return;
      const draft = drafted(actor, kind, `slow-poison-${actor.profile.agent}`, span.watchFrom);
      if (draft === undefined) continue;
      keep(actor, kind, `slow-poison-${actor.profile.agent}`, draft, 0);
      left -= 1;
    }
    if (left > 0) unplaced["slow-poison"] = left;
  }

  if (perAgent > 0) poison();
  wanted(Math.min(most, Math.round(perAgent * actors.length)), seed).forEach((kind, index) => {
    if (!placeOne(kind, `${kind.type}-${index}`)) unplaced[kind.type] = (unplaced[kind.type] ?? 0) + 1;
  });
  incidents.sort((a, b) => a.label.from - b.label.from || (a.label.id < b.label.id ? -1 : 1));
  return { incidents, unplaced };
}
