/** What the agents of one partition used of one scope: grows with events, leaves as a record. Nothing is judged here. */
import type { Budget } from "../../schemas/config.ts";
import type { EventRecord } from "../../schemas/journal.ts";
import type { ScopeRecord, ScopeUsageRecord, SharedScope } from "../../schemas/scope.ts";
import { addMoney, moneyDecimal } from "../budget/money.ts";
import { addTo, concerns, type Tally } from "../budget/usage.ts";
import type { Period, PeriodUnit, Zones } from "../time/zones.ts";
import type { ScopeBudgets } from "./scope-budgets.ts";
import { addToTop, sharesOf, type TopAgent } from "./top-agents.ts";

/** Ended periods that wait to be reported at once: more than one only after an owner was away. */
const MAX_ENDED = 8;

interface PartUsage extends Tally {
  period: Period;
  top: TopAgent[];
}

/** What waits to be reported: nothing, what nobody is to be told of by itself, or live events. */
type Unreported = "nothing" | "quiet" | "live";

/** JSON-serialisable as it stands. */
export interface PartTotal {
  readonly scope: SharedScope;
  usages: [key: string, usage: PartUsage][];
  /** Usages whose period ended before they were reported. */
  ended: [key: string, usage: PartUsage][];
  unreported: Unreported;
  /** When it was last reported, on the partition's clock. */
  reportedAt: number;
  /** Arrival of the first live event since then. */
  arrivedAt: number | undefined;
}

/** Time as the partition has it. */
export interface Now {
  readonly at: number;
  readonly zones: Zones;
  /** The top-level time zone. */
  readonly timezone: string;
}

export function emptyTotal(scope: SharedScope, reportedAt: number): PartTotal {
  return { scope, usages: [], ended: [], unreported: "nothing", reportedAt, arrivedAt: undefined };
}

const unitOf = (key: string): PeriodUnit => key.slice(key.lastIndexOf("/") + 1) as PeriodUnit;

/**
 * The usage of the current period. After a change of the time zone the period may overlap the one before: what was
 * used in it goes on.
 */
function usageIn(total: PartTotal, key: string, { at, zones, timezone }: Now): PartUsage {
  const period = zones.period(timezone, unitOf(key), at);
  const index = total.usages.findIndex(([known]) => known === key);
  const known = total.usages[index]?.[1];
  if (known !== undefined && known.period.end > period.start) {
    if (known.period.start !== period.start) known.period = period;
    return known;
  }
  if (known !== undefined) {
    total.usages.splice(index, 1);
    if (total.unreported !== "nothing") total.ended = [...total.ended, [key, known] as [string, PartUsage]];
    total.ended = total.ended.slice(-MAX_ENDED);
  }
  const usage: PartUsage = { period, ...{ sum: { dollars: 0, pico: 0 }, since: 0, calls: 0, unpriced: 0, top: [] } };
  total.usages.push([key, usage]);
  return usage;
}

/**
 * Whether the event is charged to the budget's current period, as to an agent's own budgets: history belongs to its own
 * period alone; whatever else is late is charged nevertheless.
 */
export function isCharged(budget: Budget, event: EventRecord, { at, zones, timezone }: Now): boolean {
  if (!concerns(budget, event)) return false;
  if (event.backfill !== true) return true;
  const period = zones.period(timezone, budget.period, at);
  return event.judged_at >= period.start && event.judged_at < period.end;
}

/** Charges the event, which is charged to at least one of them, to every usage of a scope. */
export function chargePart(total: PartTotal, { usages }: ScopeBudgets, event: EventRecord, now: Now): void {
  for (const [key, budget] of usages) {
    if (!isCharged(budget, event, now)) continue;
    const usage = usageIn(total, key, now);
    const amount = addTo(usage, budget, event, Math.max(event.judged_at, usage.period.start));
    if (amount !== undefined) addToTop(usage.top, event.agent, amount);
  }
  if (event.backfill === true) noteQuiet(total);
  else {
    if (total.unreported !== "live") total.arrivedAt = event.arrived_at;
    total.unreported = "live";
  }
}

/** It is to be reported, and nobody told of it. */
export function noteQuiet(total: PartTotal): void {
  if (total.unreported === "nothing") total.unreported = "quiet";
}

/** Adds what a total holds of the periods that still run, as when it is no longer counted by itself. */
export function mergePart(into: PartTotal, from: PartTotal, now: Now): void {
  for (const [key, usage] of from.usages) {
    if (usage.period.end <= now.at) continue;
    const sum = usageIn(into, key, now);
    addMoney(sum.sum, usage.sum);
    sum.calls += usage.calls;
    sum.unpriced += usage.unpriced;
    if (sum.since === 0 || (usage.since > 0 && usage.since < sum.since)) sum.since = usage.since;
    for (const { name, amount, error, calls } of usage.top) addToTop(sum.top, name, amount - error, calls);
  }
  if (from.unreported === "live") {
    if (into.unreported !== "live") into.arrivedAt = from.arrivedAt;
    into.unreported = "live";
  } else noteQuiet(into);
}

/** Calls of the periods that still run. */
export function callsOf({ usages }: PartTotal, at: number): number {
  return usages.reduce((most, [, { period, calls }]) => (period.end > at ? Math.max(most, calls) : most), 0);
}

function usageRecord([key, usage]: readonly [string, PartUsage]): ScopeUsageRecord {
  const { period, sum, since, calls, unpriced, top } = usage;
  const { start, end } = period;
  return {
    ...{ key, period: { key: period.key, start, end }, sum: moneyDecimal(sum), since, calls, unpriced },
    agents: sharesOf(top),
  };
}

/** What is to be reported; from here on it is. Undefined when nothing of it runs any more. */
export function reportPart(total: PartTotal, source: ScopeRecord["source"], now: Now): ScopeRecord | undefined {
  const { scope, unreported, arrivedAt } = total;
  const running = total.usages.filter(([, usage]) => usage.period.end > now.at);
  const closed = unreported === "nothing" ? [] : total.usages.filter(([, usage]) => usage.period.end <= now.at);
  for (const [key] of running) usageIn(total, key, now);
  const usages = [...total.ended, ...closed, ...running].map(usageRecord);
  total.usages = running;
  total.ended = [];
  total.unreported = "nothing";
  total.reportedAt = now.at;
  total.arrivedAt = undefined;
  if (usages.length === 0) return undefined;
  return {
    ...{ type: "scope", at: now.at, scope, source, usages },
    ...(unreported === "live" ? {} : { quiet: true }),
    ...(arrivedAt === undefined ? {} : { arrived_at: arrivedAt }),
  };
}
