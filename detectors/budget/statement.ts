/** What a budget says when a step is crossed. */
import type { Budget } from "../../schemas/config.ts";
import type { Contributor, EventRef, Finding, Unit } from "../../schemas/finding.ts";
import type { AgentView } from "../detector.ts";
import { makeFinding, type Statement } from "../finding.ts";
import { countText, moneyText, nameText, plural } from "../text/numbers.ts";
import type { Period, PeriodUnit, Zones } from "../time/zones.ts";
import { toDollars } from "./money.ts";
import { hasLimit, tierAt } from "./steps.ts";
import type { Tally, Usage } from "./usage.ts";

/** Where and when it is said: local time is that of the budget. */
export interface Moment {
  readonly zones: Zones;
  readonly timezone: string;
  readonly now: number;
}

/** Who used how much: a tool of an agent, an agent of a total. */
export interface Share {
  readonly name: string;
  readonly amount: number;
  readonly calls: number;
}

/** What is to be said besides the amount. */
export interface Told {
  readonly step: number;
  /** Names the budget among those of its owner. */
  readonly subject: string;
  /** The greatest first. */
  readonly shares: readonly Share[];
  /** What one of the shares used, such as "38 calls to openai". */
  readonly shareText: (share: Share) => string;
  readonly events: readonly EventRef[];
}

interface Counted extends Tally {
  readonly period: Period;
}

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

/** "$50.00", "2,000 calls", "200 uses of web_search". */
function quantityText({ unit, tool }: Budget, amount: number): string {
  if (unit === "usd") return moneyText(amount);
  return `${countText(amount)} ${unit === "uses" ? `uses of ${nameText(tool ?? "")}` : unit}`;
}

const WHEN: Record<PeriodUnit, string> = { hour: "this hour", day: "today", week: "this week", month: "this month" };

/** The finding's own words for the step: a share of the limit, the limit itself, or a tier. */
function stepWords(
  budget: Budget,
  used: number,
  step: number,
): Pick<Statement, "severity" | "step" | "reason" | "title"> {
  const tier = tierAt(budget, step);
  if (tier !== undefined) {
    const title = `passed ${quantityText(budget, tier)} ${WHEN[budget.period]}`;
    if (hasLimit(budget) && used >= budget.amount) {
      return { severity: "critical", step, reason: "limit_reached", title: `limit reached: ${title}` };
    }
    // Below 100, which stands for a limit that is reached.
    return { severity: "warning", step: Math.min(step, 99), reason: "tier_passed", title };
  }
  const reached = step >= 100;
  // Below the limit the headline names the step that was crossed; the facts tell the amount.
  const percent = used < budget.amount ? step : Math.max(step, Math.floor((100 * used) / budget.amount + 1e-9));
  const headline = `used ${countText(percent)} % of ${budgetName(budget)}`;
  return reached
    ? { severity: "critical", step, reason: "limit_reached", title: `limit reached: ${headline}` }
    : { severity: "warning", step, reason: "limit_used", title: headline };
}

function amountText({ unit, tool, amount }: Budget, used: number): string {
  if (unit === "usd") return `${moneyText(used)} of ${moneyText(amount)}`;
  const noun = unit === "uses" ? `uses of ${nameText(tool ?? "")}` : unit;
  return `${countText(used)} of ${countText(amount)} ${noun}`;
}

/** When an amount would be used at the pace since the first charge; undefined when not within the period. */
function forecast(amount: number, usage: Counted, used: number, now: number): number | undefined {
  const elapsed = now - usage.since;
  if (used >= amount || used <= 0 || elapsed < 60_000) return undefined;
  const at = now + ((amount - used) * elapsed) / used;
  return at < usage.period.end ? at : undefined;
}

function momentText({ zones, timezone, now }: Moment, at: number, period: PeriodUnit): string {
  const clock = zones.clock(timezone, at);
  const sameDay = zones.period(timezone, "day", now).end > at;
  if (sameDay || period === "hour" || period === "day") return clock;
  const date = new Date(at + zones.offsetAt(timezone, at)).toISOString().slice(0, 10);
  return `${date} ${clock}`;
}

function toolShares(usage: Usage, view: AgentView): Share[] {
  return usage.amounts
    .map((amount, index) => ({ name: view.tools.nameOf(index), amount, calls: usage.counts[index] ?? 0 }))
    .filter((share) => share.amount > 0)
    .sort((a, b) => b.amount - a.amount || (a.name < b.name ? -1 : 1))
    .slice(0, 3);
}

/** "($4.10)", "(1,200 tokens)"; nothing where calls are what is counted. */
export function amountNote(budget: Budget, amount: number): string {
  if (budget.unit === "usd") return ` (${moneyText(amount)})`;
  return budget.unit === "tokens" ? ` (${countText(amount)} tokens)` : "";
}

function whyText(budget: Budget, usage: Counted, { shares, shareText }: Told, moment: Moment): string {
  const since = momentText(moment, usage.since, budget.period);
  return shares.length === 0 ? "" : `${shares.map(shareText).join(", ")} since ${since}`;
}

/** What comes next at this pace: the limit, or the tier above what is used. */
function paceText(budget: Budget, usage: Counted, used: number, moment: Moment): string[] {
  const next = hasLimit(budget) ? budget.amount : budget.tiers?.find((tier) => tier > used);
  const at = next === undefined ? undefined : forecast(next, usage, used, moment.now);
  if (next === undefined || at === undefined) return [];
  const what = hasLimit(budget) ? "spent" : quantityText(budget, next);
  return [`at this pace ${what} by ${momentText(moment, at, budget.period)}`];
}

function factsOf(budget: Budget, usage: Counted, used: number, moment: Moment): string[] {
  const { zones, timezone, now } = moment;
  const amount = hasLimit(budget) ? amountText(budget, used) : quantityText(budget, used);
  const facts = [
    `${amount} at ${zones.clock(timezone, now)} ${zones.city(timezone)}`,
    ...paceText(budget, usage, used, moment),
  ];
  if (budget.unit === "usd" && usage.unpriced > 0) {
    const share = (100 * usage.unpriced) / usage.calls;
    facts.push(`${share < 1 ? "under 1" : Math.round(share)} % of paid calls have no price`);
  }
  return facts;
}

/** What a crossed step says, whosever budget it is. The episode is its period. */
export function budgetStatement(budget: Budget, usage: Counted, told: Told, moment: Moment): Statement {
  const { step, subject, shares, events } = told;
  const used = toDollars(usage.sum);
  const contributors: Contributor[] = shares.map(({ name, amount }) => ({ name, observed: amount, expected: null }));
  return {
    detector: "budget",
    subject,
    episode: usage.period.key,
    ...stepWords(budget, used, step),
    window: { from: usage.period.start, to: usage.period.end },
    unit: budget.unit satisfies Unit,
    observed: used,
    expected: tierAt(budget, step) ?? budget.amount,
    facts: factsOf(budget, usage, used, moment),
    why: whyText(budget, usage, told, moment),
    contributors,
    events,
    endsAt: usage.period.end,
    endReason: `new ${budget.period}`,
  };
}

/** The finding of a step that an agent crossed. */
export function budgetFinding(budget: Budget, usage: Usage, step: number, subject: string, view: AgentView): Finding {
  const { zones, settings, now } = view;
  const shareText = ({ name, amount, calls }: Share) =>
    `${plural(calls, "call")} to ${nameText(name)}${amountNote(budget, amount)}`;
  const told = { step, subject, shares: toolShares(usage, view), shareText, events: view.recent.last() };
  return makeFinding(view, budgetStatement(budget, usage, told, { zones, timezone: settings.timezone, now }));
}
