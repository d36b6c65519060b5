/** The sum of one scope over the partitions where its agents stand, and what was said of it. */
import type { Budget } from "../../schemas/config.ts";
import type { Finding } from "../../schemas/finding.ts";
import type { Position } from "../../schemas/journal.ts";
import type { ScopeRecord, ScopeUsageRecord } from "../../schemas/scope.ts";
import { addCost, type Money } from "../budget/money.ts";
import { amountNote, budgetStatement, type Share } from "../budget/statement.ts";
import { newStep, type Spent, subjectOf } from "../budget/steps.ts";
import { type Tally, usageKeyOf } from "../budget/usage.ts";
import { makeScopeFinding } from "../finding.ts";
import { nameText, plural } from "../text/numbers.ts";
import type { Period, Zones } from "../time/zones.ts";
import type { ScopeBudgets } from "./scope-budgets.ts";
import { topShares } from "./top-agents.ts";

/** Clocks of partitions differ and a record takes its way: what used a period up at its end is told this long after. */
const CLOSED_AFTER_MS = 10 * 60_000;

interface Part {
  /** Of the source partition: an older record is ignored. */
  offset: number;
  usages: readonly ScopeUsageRecord[];
}

interface SpokenIn {
  readonly key: string;
  period: Period;
  spoken: Spent["spoken"];
}

/** JSON-serialisable as it stands. */
export interface ScopeSum {
  /** Journal offset of the last record taken in; what is at or before it is skipped. */
  offset: number;
  /** The watch's clock at that record. */
  at: number;
  parts: [partition: number, part: Part][];
  spoken: SpokenIn[];
}

/** The moment of judging. */
export interface Judging {
  readonly position: Position;
  readonly now: number;
  readonly zones: Zones;
  readonly timezone: string;
}

export function emptySum(): ScopeSum {
  return { offset: -1, at: 0, parts: [], spoken: [] };
}

/** Takes in what one partition used by now; false where a newer record of it is known. */
function replace(sum: ScopeSum, { source, usages }: ScopeRecord): boolean {
  const known = sum.parts.find(([partition]) => partition === source.partition)?.[1];
  if (known === undefined) sum.parts.push([source.partition, { offset: source.offset, usages }]);
  else if (source.offset < known.offset) return false;
  else Object.assign(known, { offset: source.offset, usages });
  return true;
}

function dropClosed(sum: ScopeSum, now: number): void {
  const runs = ({ period }: { readonly period: { readonly end: number } }) => period.end + CLOSED_AFTER_MS > now;
  for (const [, part] of sum.parts) if (!part.usages.every(runs)) part.usages = part.usages.filter(runs);
  sum.parts = sum.parts.filter(([, { usages }]) => usages.length > 0);
  sum.spoken = sum.spoken.filter(runs);
}

/** What was said in this period; after a change of the time zone, in the one that it overlaps. */
function spokenIn(sum: ScopeSum, key: string, period: Period): SpokenIn {
  const ofKey = sum.spoken.filter((each) => each.key === key);
  const known =
    ofKey.find((each) => each.period.start === period.start) ??
    ofKey.find((each) => each.period.end > period.start && each.period.start < period.end);
  if (known !== undefined) {
    known.period = period;
    return known;
  }
  const fresh: SpokenIn = { key, period, spoken: [] };
  sum.spoken.push(fresh);
  return fresh;
}

interface Total extends Tally {
  readonly period: Period;
  readonly shares: readonly Share[];
}

/** Every partition's part of one usage in one period, added up exactly. */
function totalOf(sum: ScopeSum, { key, period }: ScopeUsageRecord): Total {
  const money: Money = { dollars: 0, pico: 0 };
  const total = { period, sum: money, since: 0, calls: 0, unpriced: 0 };
  const shares: Share[] = [];
  for (const [, { usages }] of sum.parts) {
    for (const usage of usages) {
      if (usage.key !== key || usage.period.start !== period.start) continue;
      addCost(money, usage.sum);
      total.calls += usage.calls;
      total.unpriced += usage.unpriced;
      if (total.since === 0 || (usage.since > 0 && usage.since < total.since)) total.since = usage.since;
      shares.push(...usage.agents);
    }
  }
  return { ...total, shares: topShares(shares) };
}

function shareText(budget: Budget, { name, amount, calls }: Share): string {
  return `${nameText(name)} ${plural(calls, "call")}${amountNote(budget, amount)}`;
}

/** Takes in the next record and says which steps the sum crossed by it. */
export function addPart(sum: ScopeSum, record: ScopeRecord, written: ScopeBudgets, judging: Judging): Finding[] {
  const { position } = judging;
  sum.offset = position.offset;
  sum.at = Math.max(sum.at, judging.now);
  const isNews = replace(sum, record);
  dropClosed(sum, sum.at);
  if (!isNews || record.quiet === true) return [];
  const { budgets, scope } = written;
  return record.usages.flatMap((usage) => {
    const { period } = usage;
    if (period.end + CLOSED_AFTER_MS <= sum.at) return [];
    // Told just after the end, it is told as of the end.
    const now = Math.min(sum.at, period.end - 1);
    const total = totalOf(sum, usage);
    const said = spokenIn(sum, usage.key, period);
    const spent: Spent = { sum: total.sum, spoken: said.spoken };
    return budgets.flatMap((budget, index): Finding[] => {
      const step = usageKeyOf(budget) === usage.key ? newStep(budget, spent, budgets) : 0;
      said.spoken = spent.spoken;
      if (step === 0) return [];
      const subject = subjectOf(budget, index, budgets, spent);
      const told = {
        step,
        subject,
        events: [],
        shares: total.shares,
        shareText: (share: Share) => shareText(budget, share),
      };
      const moment = { zones: judging.zones, timezone: judging.timezone, now };
      return [makeScopeFinding(scope, now, position, budgetStatement(budget, total, told, moment))];
    });
  });
}
