/** Tokens, time, CPU or memory of a call far outside what is normal of this agent and tool. */
import type { Finding, Unit } from "../schemas/finding.ts";
import type { EventRecord } from "../schemas/journal.ts";
import type { AgentView, Detector } from "./detector.ts";
import { makeFinding } from "./finding.ts";
import { isToldAsLoop } from "./loop/told.ts";
import { excessOf, type ResourceExcess, weigh } from "./resource/excess.ts";
import { MEASURES, type Measure } from "./resource/measures.ts";
import { Ranges, type SavedRanges } from "./resource/ranges.ts";
import { ADOPTED_AFTER_MS, CRITICAL_TIMES } from "./resource/rules.ts";
import { durationText } from "./text/durations.ts";
import { countText, nameText, plural, timesText } from "./text/numbers.ts";

const NAME = "resource";
const QUIET_AFTER_MS = 60 * 60_000;
const MIB = 1024 ** 2;

const NONE: readonly Finding[] = [];

function amountText(value: number, unit: Unit): string {
  switch (unit) {
    case "ms":
      return value < 10_000 ? `${countText(value)} ms` : durationText(value);
    case "percent":
      return `${countText(value)} %`;
    case "bytes":
      return `${countText(value / MIB)} MiB`;
    default:
      return `${countText(value)} ${unit}`;
  }
}

function statement(measure: Measure, excess: ResourceExcess, event: EventRecord, view: AgentView): Finding | undefined {
  const { zones, settings, now, speaking } = view;
  const { observed, expected, high, ratio, calls, from } = excess;
  const { unit, words } = measure;
  const severity = speaking.atLeast(NAME, measure.name, ratio >= CRITICAL_TIMES ? "critical" : "warning", now);
  if (!speaking.may(NAME, measure.name, severity, now)) return undefined;
  const name = nameText(event.tool);
  const since = `${zones.clock(settings.timezone, from)} ${zones.city(settings.timezone)}`;
  return makeFinding(view, {
    detector: NAME,
    subject: measure.name,
    severity,
    window: { from, to: now },
    unit,
    observed,
    expected,
    low: 0,
    high,
    reason: "over_baseline",
    title: `takes ${timesText(ratio)} the usual ${words}`,
    facts: [
      `${amountText(observed, unit)} in ${plural(calls, "call")} to ${name} since ${since}`,
      `usual: ${amountText(expected, unit)}`,
    ],
    why: "",
    contributors: [{ name: event.tool, observed, expected }],
    events: view.recent.last(event.tool),
    quietAfterMs: QUIET_AFTER_MS,
    endReason: "as usual for an hour",
  });
}

function take(ranges: Ranges, index: number, amount: number, event: EventRecord, view: AgentView) {
  const measure = MEASURES[index] as Measure;
  const range = ranges.find(view.tools.indexOf(event.tool) * MEASURES.length + index, index);
  const value = Math.log(Math.max(measure.floor, amount));
  const least = view.thresholds.evidence.page * Math.LN10;
  const isSpeaking = view.speaking.of(NAME, view.now).some(({ subject }) => subject === measure.name);
  const stretch = weigh(ranges, range, { value, at: event.judged_at, least, isSpeaking });
  if (stretch === undefined) {
    ranges.learn(range, value);
    return undefined;
  }
  const excess = event.backfill === true ? undefined : excessOf(ranges, range, stretch, { value, least });
  if (excess !== undefined) {
    if (stretch.saidAt === 0) stretch.saidAt = view.now;
    stretch.spokeAt = view.now;
  }
  // What is said is not learned as usual, until it has lasted.
  if (stretch.saidAt === 0 || view.now - stretch.saidAt > ADOPTED_AFTER_MS) ranges.learn(range, value);
  if (excess === undefined) return undefined;
  const isToldAsSpend = measure.name === "tokens" && view.speaking.of("spend", view.now, "warning").length > 0;
  return isToldAsSpend || isToldAsLoop(event, view) ? undefined : statement(measure, excess, event, view);
}

/** A failed call takes what failing takes, so it says nothing. */
export const resource: Detector<Ranges> = {
  name: NAME,
  summary: "Tokens, time, CPU or memory of several calls in a row far above what is normal of this agent and tool.",
  page: {
    ready: "Once a tool's usual range is known from a few hundred calls.",
    quieter: "A change that lasts is learned after seven days. There is nothing to set.",
  },
  stateVersion: 2,
  takes: { backfill: true },
  create: () => new Ranges(),
  load: (saved) => new Ranges(saved as SavedRanges),
  onEvent(ranges, event, view) {
    if (event.kind === "decision" || event.failed === true) return NONE;
    let found: Finding[] | undefined;
    for (let index = 0; index < MEASURES.length; index++) {
      const amount = MEASURES[index]?.of(event);
      if (amount === undefined) continue;
      const finding = take(ranges, index, amount, event, view);
      if (finding !== undefined) found = [...(found ?? []), finding];
    }
    return found ?? NONE;
  },
};
