/** Puts the review together from the answers of the store. */
import type { Config } from "../../schemas/config.ts";
import type { Ask, Row } from "../ask.ts";
import { instantText } from "../query-parameters.ts";
import { budgetUses, settingsOf } from "./budget-use.ts";
import type { Period } from "./period.ts";
import { byUrgency } from "./rank.ts";
import type { AgentReview, FalseAlarms, LearningState, Review, SharedReview, ToolUse, UnusualThing } from "./review.ts";
import { askNamed, groupBy, isoIn, numberIn, textIn } from "./store-questions.ts";
import { NOTHING, sumTotals, totalsOf } from "./totals.ts";

export interface ReviewOptions {
  readonly ask: Ask;
  readonly period: Period;
  readonly config: Config;
  /** Unix ms. */
  readonly now: number;
}

/** Tools listed per agent. */
const TOOLS = 10;

/** Asks everything and returns the stable object. Rejects when the store cannot answer. */
export async function review({ ask, period, config, now }: ReviewOptions): Promise<Review> {
  const named = askNamed(ask, now);
  const range = { since: instantText(period.from), until: instantText(period.to) };
  const told = await named("incidents", { ...range, until: instantText(Math.min(period.to, now)) });
  const incidents = groupBy(
    told.filter((row) => row.scope === "agent"),
    "agent",
  );
  const totals = groupBy(await named("agents", range), "agent");
  const tools = groupBy(await named("tools", { ...range, top: TOOLS }), "agent");
  const fresh = groupBy(await named("new-tools", range), "agent");
  const learning = groupBy(await named("learning"), "agent");
  const agents = [...new Set([...totals.keys(), ...incidents.keys()])];
  const budgets = await budgetUses(named, config, agents, period);
  const reviews = agents.map((agent): AgentReview => {
    const { team, timezone } = settingsOf(config, agent);
    const row = totals.get(agent)?.[0];
    const newRows = fresh.get(agent) ?? [];
    const isNew = newRows.some((each) => Number(each.agent_is_new) === 1);
    return {
      ...{ agent, team, timezone, isNew },
      totals: row === undefined ? NOTHING : totalsOf(row),
      budgets: budgets.get(agent) ?? [],
      tools: (tools.get(agent) ?? []).map((each) => toolOf(each, newRows)),
      newTools: isNew ? [] : newRows.map((each) => textIn(each, "tool")),
      unusual: (incidents.get(agent) ?? []).map(unusualOf),
      learning: learningOf(learning.get(agent)?.[0]),
    };
  });
  return {
    period: {
      ...{ name: period.name, timezone: period.timezone, complete: now >= period.to },
      ...{ from: new Date(period.from).toISOString(), to: new Date(period.to).toISOString() },
    },
    generatedAt: new Date(now).toISOString(),
    fleet: { agents: totals.size, ...sumTotals(reviews.map((each) => each.totals)) },
    falseAlarms: falseAlarmsOf(await named("false-alarms", range)),
    shared: sharedOf(told.filter((row) => row.scope !== "agent")),
    agents: reviews.sort(byUrgency),
    deadLetters: deadLettersOf(await named("dead-letters", range)),
    sends: sendsOf(await named("sends", range)),
  };
}

function falseAlarmsOf(rows: readonly Row[]): FalseAlarms | null {
  const [row] = rows;
  if (row === undefined) return null;
  const number = (column: string) => numberIn(row, column);
  return {
    ...{ asked: number("asked"), expected: rows.reduce((sum, each) => sum + numberIn(each, "expected"), 0) },
    ...{ calibratedAt: isoIn(row, "calibrated_at") ?? "", pages: number("pages"), unjudged: number("unjudged") },
  };
}

function sharedOf(rows: readonly Row[]): SharedReview[] {
  return [...groupBy(rows, "scope")].flatMap(([kind, ofKind]) =>
    [...groupBy(ofKind, "scope_name")].map(([name, own]) => ({ scope: { kind, name }, unusual: own.map(unusualOf) })),
  );
}

function toolOf(row: Row, fresh: readonly Row[]): ToolUse {
  const [tool, kind] = [textIn(row, "tool"), textIn(row, "kind")];
  return {
    ...{ tool, kind, calls: numberIn(row, "calls"), errors: numberIn(row, "failed") },
    ...{ spend: textIn(row, "spend"), unpriced: numberIn(row, "without_price") },
    isNew: fresh.some((each) => each.tool === tool && each.kind === kind),
  };
}

function unusualOf(row: Row): UnusualThing {
  const text = (column: string) => textIn(row, column);
  return {
    ...{ incident: text("id"), detector: text("detector"), subject: text("subject"), severity: text("severity") },
    ...{ state: text("state"), title: text("title"), unit: text("unit"), observed: numberIn(row, "observed") },
    expected: row.expected === null ? null : numberIn(row, "expected"),
    openedAt: isoIn(row, "opened_at") ?? "",
    resolvedAt: isoIn(row, "resolved_at"),
    lastedMs: numberIn(row, "lasted_ms"),
    ...{ spend: text("spend"), unpriced: numberIn(row, "without_price") },
  };
}

function learningOf(row: Row | undefined): LearningState {
  if (row === undefined) return { state: "none", days: 0, needed: null };
  const [days, needed] = [numberIn(row, "days"), numberIn(row, "needed")];
  return { state: days >= needed ? "ready" : "learning", days, needed };
}

function deadLettersOf(rows: readonly Row[]): Review["deadLetters"] {
  const reasons = rows.map((row) => {
    return { code: textIn(row, "code"), count: numberIn(row, "lines"), example: textIn(row, "example") };
  });
  return { total: reasons.reduce((sum, { count }) => sum + count, 0), reasons };
}

function sendsOf(rows: readonly Row[]): Review["sends"] {
  const failures = rows
    .filter((row) => row.ok === false || row.ok === 0)
    .map((row) => ({ sink: textIn(row, "sink"), error: textIn(row, "error"), count: numberIn(row, "messages") }));
  return { total: rows.reduce((sum, row) => sum + numberIn(row, "messages"), 0), failures };
}
