/** How much of each configured budget was used: one question per kind of budget, not per agent. */
import Big from "big.js";
import { DateTime } from "luxon";
import type { Budget, Config } from "../../schemas/config.ts";
import type { Row } from "../ask.ts";
import { instantText } from "../query-parameters.ts";
import type { Period } from "./period.ts";
import type { BudgetUse } from "./review.ts";
import { type AskNamed, isoIn, numberIn, textIn } from "./store-questions.ts";

/** Agents in one question. */
const CHUNK = 500;

/** The settings of an agent that matter here: its own, else the defaults. */
export function settingsOf(config: Config, agent: string) {
  const own = Object.hasOwn(config.agents, agent) ? config.agents[agent] : undefined;
  return {
    team: own?.team ?? null,
    timezone: own?.timezone ?? config.defaults.timezone ?? config.timezone,
    budgets: own?.budgets ?? config.defaults.budgets ?? [],
  };
}

/** The use of every budget, by agent, in the order of the configuration. */
export async function budgetUses(ask: AskNamed, config: Config, agents: readonly string[], period: Period) {
  const groups = new Map<string, { budget: Budget; timezone: string; agents: string[] }>();
  for (const agent of agents) {
    const { timezone, budgets } = settingsOf(config, agent);
    for (const budget of budgets) {
      const key = JSON.stringify([budget.unit, budget.tool, budget.period, budget.amount, timezone]);
      const group = groups.get(key) ?? { budget, timezone, agents: [] };
      groups.set(key, group);
      group.agents.push(agent);
    }
  }
  const uses = new Map<string, BudgetUse[]>(agents.map((agent) => [agent, []]));
  for (const { budget, timezone, agents: all } of groups.values()) {
    for (let start = 0; start < all.length; start += CHUNK) {
      const chunk = all.slice(start, start + CHUNK);
      const rows = await ask("budget-usage", question(budget, timezone, chunk, period));
      const byAgent = new Map(rows.map((row) => [textIn(row, "agent"), row]));
      for (const agent of chunk) uses.get(agent)?.push(useOf(budget, byAgent.get(agent)));
    }
  }
  return uses;
}

function question(budget: Budget, timezone: string, agents: readonly string[], period: Period) {
  // A budget's month may have begun before the review's week: what it used before counts as well.
  const from = DateTime.fromMillis(period.from, { zone: timezone }).startOf(budget.period).toMillis();
  return {
    agents,
    unit: budget.unit,
    tool: likePattern(budget.tool ?? "*"),
    period: budget.period,
    amount: new Big(budget.amount).toFixed(),
    timezone,
    since: instantText(from),
    until: instantText(period.to),
  };
}

/** `read_*` as a pattern of LIKE. */
export function likePattern(glob: string): string {
  return glob.replace(/[\\%_]/g, "\\$&").replaceAll("*", "%");
}

function useOf(budget: Budget, row: Row | undefined): BudgetUse {
  const used = row === undefined ? "0" : textIn(row, "worst_used");
  return {
    unit: budget.unit,
    tool: budget.tool ?? null,
    amount: budget.amount,
    tiersOnly: budget.warnAt.length === 0,
    period: budget.period,
    worstUsed: used,
    worstPercent: Number(new Big(used).times(100).div(budget.amount).toFixed(1)),
    worstFrom: row === undefined ? null : isoIn(row, "worst_from"),
    worstUnpriced: row === undefined ? 0 : numberIn(row, "worst_without_price"),
    periodsOver: row === undefined ? 0 : numberIn(row, "periods_over"),
  };
}
