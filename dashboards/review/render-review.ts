/** The review as text, at most 100 columns wide. Everything that agents wrote is made plain first. */
import { scopeWords } from "../../schemas/scope.ts";
import { amount, count, counted, dollars, moment, percent, span } from "../format.ts";
import { cut, pad, plain } from "../plain-text.ts";
import { urgencyOf } from "./rank.ts";
import type {
  AgentReview,
  BudgetUse,
  LearningState,
  Review,
  SharedReview,
  ToolUse,
  Totals,
  UnusualThing,
} from "./review.ts";
import { wrapParts } from "./wrap.ts";

const COLUMNS = 100;
/** Incidents shown per agent; the rest is counted. */
const UNUSUAL = 12;
/** Reasons of refused lines that fit into a line. */
const REASONS = 3;
/** What these expect is a limit, not a habit. */
const LIMITS = ["budget", "loop"];

export function renderReviewText(review: Review): string {
  const loud = review.agents.filter((agent) => urgencyOf(agent) > 0);
  const quiet = review.agents.filter((agent) => urgencyOf(agent) === 0);
  const { timezone } = review.period;
  const sections = [
    heading(review),
    ...(review.shared.length > 0
      ? ["TOTALS OF SEVERAL AGENTS", ...review.shared.map((s) => sharedBlock(s, timezone))]
      : []),
    ...(loud.length > 0 ? ["NEEDS A LOOK", ...loud.map((agent) => agentBlock(agent, timezone))] : []),
    ...(quiet.length > 0 ? [["NOTHING UNUSUAL", ...quietTable(quiet)].join("\n")] : []),
    ...(review.agents.length === 0 ? ["No agent did anything in this time."] : []),
  ];
  return `${sections.join("\n\n")}\n`;
}

function heading({ period, generatedAt, fleet, deadLetters, sends, falseAlarms }: Review): string {
  const day = (at: string | number) => moment(at, period.timezone, "ccc d LLL yyyy");
  const until = period.complete ? "" : ` · so far, until ${moment(generatedAt, period.timezone)}`;
  const lastDay = day(Date.parse(period.to) - 1);
  const reasons = deadLetters.reasons.slice(0, REASONS).map(({ code, count: n }) => `${plain(code)} ${count(n)}`);
  const failures = sends.failures.slice(0, 3).map((f) => `${plain(f.sink)}: ${plain(f.error)} ${count(f.count)}`);
  const failed = sends.failures.reduce((sum, failure) => sum + failure.count, 0);
  return [
    ...wrapParts(`Review ${period.name}: `, [`${day(period.from)} to ${lastDay}, ${period.timezone}${until}`], COLUMNS),
    ...wrapParts("", [counted(fleet.agents, "agent"), ...totalsParts(fleet)], COLUMNS),
    ...wrapParts(
      "",
      [
        deadLetters.total === 0
          ? "no refused lines"
          : `${counted(deadLetters.total, "refused line")} (${reasons.join(", ")}${deadLetters.reasons.length > REASONS ? ", …" : ""})`,
        `${counted(sends.total - failed, "message")} sent`,
        failed === 0 ? "no send failed" : `${counted(failed, "send")} failed (${failures.join("; ")})`,
      ],
      COLUMNS,
    ),
    ...(falseAlarms === null ? [] : wrapParts("", falseAlarmParts(falseAlarms), COLUMNS)),
  ].join("\n");
}

const rate = (perWeek: number): string => String(Number(perWeek.toPrecision(2)));

function falseAlarmParts({ asked, expected, pages, unjudged }: NonNullable<Review["falseAlarms"]>): string[] {
  const judged = pages === 0 ? "" : ` (${count(unjudged)} unjudged)`;
  return [
    `${counted(pages, "page")} told${judged}`,
    `false pages asked for: ${rate(asked)} a week`,
    `expected of the calibrated thresholds: ${rate(expected)}`,
  ];
}

function totalsParts(totals: Totals): string[] {
  const events = totals.actions + totals.decisions + totals.apiCalls;
  return [
    counted(totals.actions, "action"),
    counted(totals.decisions, "decision"),
    counted(totals.apiCalls, "API call"),
    `${counted(totals.errors, "error")}${totals.errors > 0 ? ` (${percent((100 * totals.errors) / events)})` : ""}`,
    spendText(totals),
  ];
}

/** Each dollar figure carries what it is blind to. */
function spendText({ spend, unpriced, unpricedPercent }: Totals): string {
  const share = unpricedPercent === null ? counted(unpriced, "paid call") : `${percent(unpricedPercent)} of paid calls`;
  const blind = unpriced === 0 ? "all priced" : `${share} have no price`;
  return `${dollars(spend)} (${blind})`;
}

function learningText({ state, days, needed }: LearningState): string {
  if (state === "none") return "nothing learned yet";
  if (state === "ready") return `learned from ${Math.floor(days)} days`;
  return `learning, ${Math.floor(days)} of ${needed} days`;
}

function agentBlock(agent: AgentReview, timezone: string): string {
  const about = [plain(agent.team ?? ""), agent.timezone, agent.isNew ? "new" : "", learningText(agent.learning)];
  const shown = agent.unusual.slice(0, UNUSUAL);
  const hidden = agent.unusual.length - shown.length;
  return [
    cut(`${plain(agent.agent)}  ${about.filter(Boolean).join(" · ")}`, COLUMNS),
    ...wrapParts("  ", totalsParts(agent.totals), COLUMNS),
    ...agent.budgets.flatMap((budget) => wrapParts("  Budget   ", [budgetText(budget, agent.timezone)], COLUMNS)),
    ...wrapParts("  Tools    ", agent.tools.map(toolText), COLUMNS),
    ...(agent.newTools.length > 0 ? wrapParts("  New      ", agent.newTools.map(plain), COLUMNS) : []),
    ...shown.flatMap((thing) => unusualLines(thing, timezone)),
    ...(hidden > 0 ? [`           … and ${hidden} more: query @incidents --param agent=…`] : []),
  ].join("\n");
}

function sharedBlock({ scope, unusual }: SharedReview, timezone: string): string {
  const hidden = unusual.length - UNUSUAL;
  return [
    cut(plain(scopeWords(scope)), COLUMNS),
    ...unusual.slice(0, UNUSUAL).flatMap((thing) => unusualLines(thing, timezone, false)),
    ...(hidden > 0 ? [`           … and ${hidden} more: query @incidents`] : []),
  ].join("\n");
}

function budgetText(budget: BudgetUse, timezone: string): string {
  const of = budget.unit === "usd" ? dollars(budget.amount) : `${count(budget.amount)} ${budget.unit}`;
  const name = `${budget.tiersOnly ? "tiers to " : ""}${of}${budget.tool === null ? "" : ` of ${plain(budget.tool)}`} per ${budget.period}`;
  if (budget.worstFrom === null) return `${name}: unused`;
  const format = budget.period === "hour" ? "ccc d LLL HH:mm" : budget.period === "month" ? "LLL yyyy" : "ccc d LLL";
  const used = budget.unit === "usd" ? dollars(budget.worstUsed) : count(Number(budget.worstUsed));
  const blind =
    budget.unit === "usd" && budget.worstUnpriced > 0 ? `, ${count(budget.worstUnpriced)} without a price` : "";
  const over = budget.periodsOver === 0 ? "" : `; at or over 100 % in ${count(budget.periodsOver)}`;
  return `${name}: at most ${percent(budget.worstPercent)} used (${used}${blind}, ${moment(budget.worstFrom, timezone, format)})${over}`;
}

function toolText({ tool, calls, errors, spend, unpriced, isNew }: ToolUse): string {
  const notes = [
    spend === "0" ? "" : dollars(spend),
    unpriced === 0 ? "" : `${count(unpriced)} without a price`,
    errors === 0 ? "" : counted(errors, "error"),
    isNew ? "new" : "",
  ].filter(Boolean);
  return `${cut(plain(tool), 40)} ${count(calls)}${notes.length === 0 ? "" : ` (${notes.join(", ")})`}`;
}

function unusualLines(thing: UnusualThing, timezone: string, isOfAgent = true): string[] {
  const limit = LIMITS.includes(thing.detector) ? "limit" : "expected";
  const against = thing.expected === null ? "" : `, ${limit} ${amount(thing.expected, thing.unit)}`;
  const blind = thing.unpriced === 0 ? "" : `, ${count(thing.unpriced)} without a price`;
  return [
    cut(`  ${pad(thing.severity.toUpperCase(), 8)} ${plain(thing.title)}`, COLUMNS),
    ...wrapParts(
      "           ",
      [
        `${moment(thing.openedAt, timezone)}, ${stateText(thing)}`,
        `observed ${amount(thing.observed, thing.unit)}${against}`,
        ...(isOfAgent ? [`spent meanwhile ${dollars(thing.spend)}${blind}`] : []),
      ],
      COLUMNS,
    ),
  ];
}

/** Since when somebody sees to it is not what is known here. */
function stateText({ state, lastedMs }: UnusualThing): string {
  if (state === "resolved") return `lasted ${span(lastedMs)}`;
  return `open for ${span(lastedMs)}${state === "open" ? "" : `, ${state}`}`;
}

function learningCell({ state, days, needed }: LearningState): string {
  return state === "learning" ? `${Math.floor(days)} of ${needed} days` : state === "ready" ? "done" : "not yet";
}

function quietTable(agents: readonly AgentReview[]): string[] {
  const row = (cells: readonly string[]) =>
    cells
      .map((cell, i) => (i === 0 ? pad(cell, 26) : i === 6 ? cut(cell, 22) : cell.padStart(i === 5 ? 18 : 9)))
      .join(" ")
      .trimEnd();
  return [
    row(["agent", "actions", "decisions", "API calls", "errors", "spend", "  learning"]),
    ...agents.map(({ agent, totals, learning }) => {
      const { unpriced, unpricedPercent: share } = totals;
      const blind = unpriced === 0 ? "" : ` (${share === null ? count(unpriced) : percent(share)} ?)`;
      const numbers = [totals.actions, totals.decisions, totals.apiCalls, totals.errors].map(count);
      return row([plain(agent), ...numbers, `${dollars(totals.spend)}${blind}`, `  ${learningCell(learning)}`]);
    }),
    ...(agents.some((agent) => agent.totals.unpriced > 0) ? ["(n % ?): share of paid calls that have no price"] : []),
  ];
}
