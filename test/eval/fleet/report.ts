/** What the scores of many fleets say, in numbers. */

import { groupBy } from "./group.ts";
import { INCIDENT_TYPES, type IncidentType } from "./label.ts";
import type { FleetScore, Outcome } from "./score.ts";

/** From this size on an incident should be told. */
export const FROM_TIMES = 3;
const RECALL_GOAL = 0.95;
const LOOP_GOAL_MS = 10_000;

export interface Share {
  readonly told: number;
  readonly of: number;
}

export interface TypeReport {
  readonly type: IncidentType;
  /** By magnitude; `any` where there is no size. */
  readonly byMagnitude: Readonly<Record<string, Share>>;
  /** Of all from three times on, and of those without a size. */
  readonly recall: Share;
  /** Of those, told by a detector whose business it is. */
  readonly named: Share;
  /** Of what came back. */
  readonly returning: Share;
  /** Milliseconds; null where nothing was told. */
  readonly medianDelayMs: number | null;
  readonly p90DelayMs: number | null;
  /** Variants that were missed, with how many of how many. */
  readonly missedVariants: Readonly<Record<string, Share>>;
}

export interface FleetsReport {
  readonly agents: number;
  readonly seeds: number;
  readonly weeks: number;
  readonly events: number;
  readonly asked: number;
  /** Mean over seeds. */
  readonly falsePagesPerWeek: number;
  readonly worstSeed: number;
  readonly pagesPerWeek: number;
  readonly shiftsSaid: number;
  readonly falseByDetector: Readonly<Record<string, number>>;
  readonly falseByAgentKind: Readonly<Record<string, number>>;
}

export interface EvalReport {
  readonly fleets: readonly FleetsReport[];
  readonly types: readonly TypeReport[];
  /** What falls short of the goals. */
  readonly short: readonly string[];
}

const share = (outcomes: readonly Outcome[], isHit: (outcome: Outcome) => boolean): Share => {
  return { told: outcomes.filter(isHit).length, of: outcomes.length };
};
const told = (outcome: Outcome): boolean => outcome.told;

/** By nearest rank. */
function quantile(sorted: readonly number[], q: number): number | null {
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? null;
}

const keyOf = ({ label }: Outcome): string => (label.magnitude === null ? "any" : String(label.magnitude));

function typeReport(type: IncidentType, outcomes: readonly Outcome[]): TypeReport {
  const mine = outcomes.filter(({ label }) => label.type === type);
  const large = mine.filter(({ label }) => label.magnitude === null || label.magnitude >= FROM_TIMES);
  const delays = large.flatMap(({ delayMs }) => delayMs ?? []).sort((a, b) => a - b);
  const variants = [...groupBy(large, ({ label }) => label.variant)].map(
    ([name, all]) => [name, share(all, told)] as const,
  );
  return {
    type,
    byMagnitude: Object.fromEntries([...groupBy(mine, keyOf)].map(([key, all]) => [key, share(all, told)])),
    recall: share(large, told),
    named: share(large, ({ named }) => named),
    returning: share(
      large.filter(({ label }) => label.returns > 0),
      told,
    ),
    medianDelayMs: quantile(delays, 0.5),
    p90DelayMs: quantile(delays, 0.9),
    missedVariants: Object.fromEntries(variants.filter(([, { told: hit, of }]) => hit < of)),
  };
}

function counted(keys: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const key of keys) counts[key] = (counts[key] ?? 0) + 1;
  return Object.fromEntries(Object.entries(counts).sort((a, b) => b[1] - a[1]));
}

function fleetsReport(agents: number, scores: readonly FleetScore[], asked: number): FleetsReport {
  const weeks = scores[0]?.weeks ?? 0;
  const perWeek = scores.map(({ falsePages }) => falsePages.length / weeks);
  const sum = (of: (score: FleetScore) => number): number => scores.reduce((total, score) => total + of(score), 0);
  const all = scores.flatMap(({ falsePages }) => falsePages);
  return {
    agents,
    seeds: scores.length,
    weeks,
    events: sum(({ events }) => events),
    asked,
    falsePagesPerWeek: sum(({ falsePages }) => falsePages.length) / weeks / scores.length,
    worstSeed: Math.max(0, ...perWeek),
    pagesPerWeek: sum(({ pages }) => pages) / weeks / scores.length,
    shiftsSaid: sum(({ shiftsSaid }) => shiftsSaid),
    falseByDetector: counted(all.map(({ detector }) => detector)),
    falseByAgentKind: counted(all.map(({ of }) => of)),
  };
}

function shortOf(
  fleets: readonly FleetsReport[],
  types: readonly TypeReport[],
  outcomes: readonly Outcome[],
): string[] {
  const short: string[] = [];
  for (const { agents, falsePagesPerWeek, asked } of fleets) {
    if (falsePagesPerWeek > asked)
      short.push(`${falsePagesPerWeek.toFixed(2)} false pages a week of ${agents} agents, ${asked} asked`);
  }
  for (const { type, recall } of types) {
    if (recall.of > 0 && recall.told / recall.of < RECALL_GOAL)
      short.push(`${type}: ${recall.told} of ${recall.of} told`);
  }
  const loops = outcomes.filter(
    ({ label }) => label.type === "error-loop" || (label.type === "loop" && label.magnitude === null),
  );
  const slow = loops.filter(({ delayMs }) => delayMs === null || delayMs > LOOP_GOAL_MS).length;
  if (slow > 0)
    short.push(`${slow} of ${loops.length} loops and error loops later than 10 s after the fifth repeat, or never`);
  return short;
}

/** Sums up fleets of one or more sizes. `asked` is `alerts.falseAlarmsPerWeek`. */
export function reportOf(scores: readonly FleetScore[], asked: number): EvalReport {
  const outcomes = scores.flatMap((score) => score.outcomes);
  const fleets = [...groupBy(scores, ({ agents }) => agents)].map(([agents, of]) => fleetsReport(agents, of, asked));
  const types = INCIDENT_TYPES.map((type) => typeReport(type, outcomes));
  return { fleets, types, short: shortOf(fleets, types, outcomes) };
}
