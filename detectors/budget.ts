/** Limits that somebody wrote: 70, 90, 100 % used, each step once a period. */
import type { Budget } from "../schemas/config.ts";
import type { Finding } from "../schemas/finding.ts";
import type { EventRecord } from "../schemas/journal.ts";
import { budgetFinding } from "./budget/statement.ts";
import { FORMER, newStep, subjectOf } from "./budget/steps.ts";
import { charge, concerns, emptyUsage, type Usage, usageKeyOf } from "./budget/usage.ts";
import type { AgentView, Detector, DetectorState } from "./detector.ts";
import { Few } from "./runner/few.ts";
import type { Period } from "./time/zones.ts";

const NONE: readonly Finding[] = [];

interface BudgetState extends DetectorState {
  readonly usages: Few<string, Usage>;
}

type SavedUsage = readonly [key: string, usage: Usage];

class Usages implements BudgetState {
  readonly usages: Few<string, Usage>;

  constructor(saved: readonly SavedUsage[]) {
    this.usages = new Few(saved);
  }

  save(): readonly SavedUsage[] {
    return this.usages.entries();
  }
}

/**
 * The usage of the current period: what was used in an ended one is dropped. After a change of the time zone the period
 * may overlap the one before: what was used and said in it goes on.
 */
function usageIn(state: BudgetState, key: string, period: Period, budgets: readonly Budget[]): Usage {
  const known = state.usages.get(key);
  if (known !== undefined && known.period.end > period.start) {
    if (known.period.start !== period.start) known.period = period;
    return known;
  }
  if (known === undefined && state.usages.size >= budgets.length + FORMER) forgetOne(state, budgets);
  const usage = emptyUsage(period);
  state.usages.set(key, usage);
  return usage;
}

/** Forgets the oldest usage that nobody has written a budget for any more. */
function forgetOne(state: BudgetState, budgets: readonly Budget[]): void {
  const written = new Set(budgets.map(usageKeyOf));
  for (const key of state.usages.keys()) {
    if (written.has(key)) continue;
    state.usages.delete(key);
    return;
  }
}

/**
 * Charges the event to the budget's current period; undefined when it does not belong there. History that was brought
 * in belongs to its own period alone. Whatever else is too old is charged nevertheless: backdating dodges no budget.
 */
function chargeTo(
  state: BudgetState,
  budget: Budget,
  key: string,
  event: EventRecord,
  view: AgentView,
): Usage | undefined {
  const period = view.zones.period(view.settings.timezone, budget.period, view.now);
  if (event.backfill === true && (event.judged_at < period.start || event.judged_at >= period.end)) return undefined;
  const usage = usageIn(state, key, period, view.settings.budgets);
  charge(usage, budget, event, view.tools.indexOf(event.tool), Math.max(event.judged_at, period.start));
  return usage;
}

/** Money, calls, tokens and uses of a tool against what somebody allowed in an hour, day, week or month. */
export const budget: Detector<BudgetState> = {
  name: "budget",
  summary: "A written limit is 70, 90 or 100 % used; each step speaks once in its calendar period.",
  page: {
    ready: "From the first event; budgets exist only where somebody wrote one.",
    quieter: "Raise `amount`, or leave steps out of `warnAt`. It cannot be switched off: remove the budget.",
    keys: ["budgets"],
  },
  stateVersion: 1,
  takes: { late: true, backfill: true },
  create: () => new Usages([]),
  load: (saved) => new Usages(saved as SavedUsage[]),
  onEvent(state, event, view): readonly Finding[] {
    const { budgets } = view.settings;
    if (budgets.length === 0) return NONE;
    let findings: readonly Finding[] = NONE;
    // Only several budgets can share a usage, which is charged once.
    const charged = budgets.length > 1 ? new Map<string, Usage | undefined>() : undefined;
    for (let index = 0; index < budgets.length; index++) {
      const one = budgets[index] as Budget;
      if (!concerns(one, event)) continue;
      const key = usageKeyOf(one);
      const usage = charged?.has(key) ? charged.get(key) : chargeTo(state, one, key, event, view);
      charged?.set(key, usage);
      // What history used up is told with the first live event after it.
      const step = usage === undefined || event.backfill === true ? 0 : newStep(one, usage, budgets);
      if (usage !== undefined && step > 0) {
        findings = [...findings, budgetFinding(one, usage, step, subjectOf(one, index, budgets, usage), view)];
      }
    }
    return findings;
  },
};
