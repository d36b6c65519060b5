/** Dollars of the last hour far above this agent's own baseline. */
import type { Contributor, Finding } from "../schemas/finding.ts";
import type { AgentView, Detector, DetectorState } from "./detector.ts";
import { makeFinding } from "./finding.ts";
import { isToldAsLoop } from "./loop/told.ts";
import { moneyText, nameText, timesText } from "./text/numbers.ts";
import { type Excess, excessOf, floorsOf } from "./window/excess.ts";
import { SlidingHour } from "./window/sliding-hour.ts";

const NAME = "spend";
const QUIET_AFTER_MS = 30 * 60_000;
/** While a tool's frequency speaks, its spend is told with it, unless it grew this much more than the calls did. */
const BEYOND_CALLS = 2;
/** Share of the spend that makes a tool a cause. */
const CAUSE = 0.25;
const ALL = 0;

const NONE: readonly Finding[] = [];

interface SpendState extends DetectorState {
  readonly hour: SlidingHour;
}

/** Series 0 is all spend, series n + 1 tool number n. */
const seriesOf = (tool: number): number => tool + 1;

function contributorsOf(state: SpendState, view: AgentView): Contributor[] {
  const ranked = state.hour.ranking().filter((series) => series !== ALL);
  return ranked.slice(0, 3).map((series) => {
    return { name: view.tools.nameOf(series - 1), observed: state.hour.sum(series), expected: null };
  });
}

/** Tools that this spend goes to; their frequency need not speak of the same cause again. */
function causesOf(state: SpendState, view: AgentView): string[] {
  const all = state.hour.sum(ALL);
  return contributorsOf(state, view)
    .filter(({ observed }) => observed >= CAUSE * all)
    .map(({ name }) => name);
}

function toldByFrequency(excess: Excess, causes: readonly string[], view: AgentView): boolean {
  const least = excess.severity === "info" ? "info" : "warning";
  return view.speaking
    .of("tool-frequency", view.now, least)
    .some(({ subject, ratio }) => (subject === "" || causes.includes(subject)) && excess.ratio < BEYOND_CALLS * ratio);
}

function statement(state: SpendState, view: AgentView, excess: Excess, causes: readonly string[]): readonly Finding[] {
  const severity = view.speaking.atLeast(NAME, "", excess.severity, view.now);
  if (!view.speaking.may(NAME, "", severity, view.now)) return NONE;
  const { zones, settings, now } = view;
  const observed = state.hour.sum(ALL);
  const contributors = contributorsOf(state, view);
  const clock = `${zones.clock(settings.timezone, now)} ${zones.city(settings.timezone)}`;
  const isUsual = excess.expected >= 0.01;
  const finding = makeFinding(view, {
    detector: NAME,
    subject: "",
    severity,
    window: { from: state.hour.from, to: now },
    unit: "usd",
    observed,
    expected: excess.expected,
    low: excess.low,
    high: excess.high,
    score: excess.score,
    reason: "over_baseline",
    title: isUsual ? `spent ${timesText(excess.ratio)} as much as usual` : `spent ${moneyText(observed)} in an hour`,
    facts: [
      `${moneyText(observed)} in the last hour at ${clock}`,
      `usual at this hour: ${moneyText(excess.low)} to ${moneyText(excess.high)}`,
    ],
    why: contributors.map(({ name, observed: dollars }) => `${moneyText(dollars)} on ${nameText(name)}`).join(", "),
    contributors,
    events: view.recent.last(causes[0]),
    quietAfterMs: QUIET_AFTER_MS,
    endReason: "quiet for 30 minutes",
  });
  return [finding];
}

/** Dollars an hour, in steps of the agent's mean price, against its baseline. */
export const spend: Detector<SpendState> = {
  name: NAME,
  summary: "The spend of the last hour is far above what this agent usually spends at this hour.",
  stateVersion: 1,
  create: () => stateOf(new SlidingHour()),
  load: (saved) => stateOf(SlidingHour.load(saved)),
  onEvent(state, event, view) {
    const dollars = event.cost === undefined ? 0 : Number(event.cost);
    if (!(dollars > 0) || isToldAsLoop(event, view) || !state.hour.add(event.judged_at, ALL, dollars)) return NONE;
    state.hour.add(event.judged_at, seriesOf(view.tools.indexOf(event.tool)), dollars);
    const series = view.baseline?.find("spend", "");
    if (series === undefined) return NONE;
    const excess = excessOf({
      observed: state.hour.sum(ALL),
      series,
      from: state.hour.from,
      to: view.now,
      minExcess: floorsOf(view.settings).usd,
      offHours: view.speaking.of("off-hours", view.now).length > 0,
      threshold: view.thresholds.amounts,
    });
    if (excess === undefined) return NONE;
    const causes = causesOf(state, view);
    return toldByFrequency(excess, causes, view) ? NONE : statement(state, view, excess, causes);
  },
};

function stateOf(hour: SlidingHour): SpendState {
  return { hour, save: () => hour.save() };
}
