/** What a budget says when a step is crossed. */
import type { Budget } from "../../schemas/config.ts";
import type { Contributor, Finding, Unit } from "../../schemas/finding.ts";
import type { AgentView } from "../detector.ts";
import { makeFinding } from "../finding.ts";
import { countText, moneyText, nameText, plural } from "../text/numbers.ts";
import type { PeriodUnit } from "../time/zones.ts";
import { toDollars } from "./money.ts";
import type { Usage } from "./usage.ts";

const WHOSE: Record<PeriodUnit, string> = {
  hour: "this hour's",
  day: "today's",
  week: "this week's",
  month: "this month's",
};

function budgetName({ unit, tool, period }: Budget): string {
  if (unit === "usd") return `${WHOSE[period]} budget`;
  if (unit === "uses") return `${WHOSE[period]} budget for ${nameText(tool ?? "")}`;
  return `${WHOSE[period]} ${unit === "calls" ? "call" : "token"} budget`;
}

function amountText({ unit, tool, amount }: Budget, used: number): string {
  if (unit === "usd") return `${moneyText(used)} of ${moneyText(amount)}`;
  const noun = unit === "uses" ? `uses of ${nameText(tool ?? "")}` : unit;
  return `${countText(used)} of ${countText(amount)} ${noun}`;
}

/** When the budget would be spent at the pace since its first charge; undefined when not within the period. */
function forecast(budget: Budget, usage: Usage, used: number, now: number): number | undefined {
  const elapsed = now - usage.since;
  if (used >= budget.amount || used <= 0 || elapsed < 60_000) return undefined;
  const at = now + ((budget.amount - used) * elapsed) / used;
  return at < usage.period.end ? at : undefined;
}

function momentText(view: AgentView, at: number, period: PeriodUnit): string {
  const { zones, settings } = view;
  const clock = zones.clock(settings.timezone, at);
  const sameDay = zones.period(settings.timezone, "day", view.now).end > at;
  if (sameDay || period === "hour" || period === "day") return clock;
  const date = new Date(at + zones.offsetAt(settings.timezone, at)).toISOString().slice(0, 10);
  return `${date} ${clock}`;
}

function topTools(usage: Usage, view: AgentView): Contributor[] {
  return usage.amounts
    .map((observed, index) => ({ name: view.tools.nameOf(index), observed, expected: null }))
    .filter((contributor) => contributor.observed > 0)
    .sort((a, b) => b.observed - a.observed || (a.name < b.name ? -1 : 1))
    .slice(0, 3);
}

function whyText(budget: Budget, usage: Usage, top: readonly Contributor[], view: AgentView): string {
  const since = momentText(view, usage.since, budget.period);
  const calls = top.map(({ name, observed }) => {
    const count = usage.counts[view.tools.indexOf(name)] ?? 0;
    const share = budget.unit === "usd" ? ` (${moneyText(observed)})` : "";
    const tokens = budget.unit === "tokens" ? ` (${countText(observed)} tokens)` : "";
    return `${plural(count, "call")} to ${nameText(name)}${share}${tokens}`;
  });
  return calls.length === 0 ? "" : `${calls.join(", ")} since ${since}`;
}

function factsOf(budget: Budget, usage: Usage, used: number, view: AgentView): string[] {
  const { zones, settings, now } = view;
  const facts = [
    `${amountText(budget, used)} at ${zones.clock(settings.timezone, now)} ${zones.city(settings.timezone)}`,
  ];
  const spentBy = forecast(budget, usage, used, now);
  if (spentBy !== undefined) facts.push(`at this pace spent by ${momentText(view, spentBy, budget.period)}`);
  if (budget.unit === "usd" && usage.unpriced > 0) {
    const share = (100 * usage.unpriced) / usage.calls;
    facts.push(`${share < 1 ? "under 1" : Math.round(share)} % of calls have no price`);
  }
  return facts;
}

/** The finding of a crossed step. `subject` names the budget; the episode is its period. */
export function budgetFinding(budget: Budget, usage: Usage, step: number, subject: string, view: AgentView): Finding {
  const used = toDollars(usage.sum);
  const reached = step >= 100;
  // Below the limit the headline names the step that was crossed; the facts tell the amount.
  const percent = used < budget.amount ? step : Math.max(step, Math.floor((100 * used) / budget.amount + 1e-9));
  const headline = `used ${countText(percent)} % of ${budgetName(budget)}`;
  const contributors = topTools(usage, view);
  return makeFinding(view, {
    detector: "budget",
    subject,
    episode: usage.period.key,
    severity: reached ? "critical" : "warning",
    step,
    window: { from: usage.period.start, to: usage.period.end },
    unit: budget.unit satisfies Unit,
    observed: used,
    expected: budget.amount,
    reason: reached ? "limit_reached" : "limit_used",
    title: reached ? `limit reached: ${headline}` : headline,
    facts: factsOf(budget, usage, used, view),
    why: whyText(budget, usage, contributors, view),
    contributors,
    events: view.recent.last(),
    endsAt: usage.period.end,
    endReason: `new ${budget.period}`,
  });
}
