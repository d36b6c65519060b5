/** Dollars of the last hour far above this agent's own baseline. */
import type { Contributor, Finding } from "../schemas/finding.ts";
import type { AgentView, Detector } from "./detector.ts";
import { makeFinding } from "./finding.ts";
import { isToldAsLoop } from "./loop/told.ts";
import { moneyText, nameText, timesText } from "./text/numbers.ts";
import { type AmountState, LEVEL_FLOOR, loadAmounts, newAmounts, sayExcess } from "./window/amounts.ts";
import { type Excess, excessOf, floorsOf, ratioOf } from "./window/excess.ts";

const NAME = "spend";
const QUIET_AFTER_MS = 30 * 60_000;
/** While a tool's frequency speaks, its spend is told with it, unless it grew this much more than the calls did. */
const BEYOND_CALLS = 2;
/** Share of the spend that makes a tool a cause. */
const CAUSE = 0.25;
const ALL = 0;

const NONE: readonly Finding[] = [];

/** Series 0 is all spend, series n + 1 tool number n. */
const seriesOf = (tool: number): number => tool + 1;

function contributorsOf(state: AmountState, view: AgentView): Contributor[] {
  const ranked = state.hour.ranking().filter((series) => series !== ALL);
  return ranked.slice(0, 3).map((series) => {
    return { name: view.tools.nameOf(series - 1), observed: state.hour.sum(series), expected: null };
  });
}

/** Tools that this spend goes to; their frequency need not speak of the same cause again. */
function causesOf(state: AmountState, view: AgentView): string[] {
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

function statement(state: AmountState, view: AgentView, excess: Excess, causes: readonly string[]): readonly Finding[] {
  const observed = state.hour.sum(ALL);
  const saying = sayExcess(state, view, { detector: NAME, subject: "", observed }, excess);
  if (saying === undefined) return NONE;
  const { zones, settings, now } = view;
  const contributors = contributorsOf(state, view);
  const clock = `${zones.clock(settings.timezone, now)} ${zones.city(settings.timezone)}`;
  const isUsual = excess.expected >= 0.01;
  const finding = makeFinding(view, {
    detector: NAME,
    subject: "",
    episode: saying.episode,
    severity: saying.severity,
    window: { from: state.hour.from, to: now },
    unit: "usd",
    observed,
    expected: excess.expected,
    low: excess.low,
    high: excess.high,
    score: excess.score,
    reason: saying.reason,
    title: isUsual ? `spent ${timesText(excess.ratio)} as much as usual` : `spent ${moneyText(observed)} in an hour`,
    facts: [
      `${moneyText(observed)} in the last hour at ${clock}`,
      `usual at this hour: ${moneyText(excess.low)} to ${moneyText(excess.high)}`,
      ...saying.facts,
    ],
    why: contributors.map(({ name, observed: dollars }) => `${moneyText(dollars)} on ${nameText(name)}`).join(", "),
    contributors,
    events: view.recent.last(causes[0]),
    quietAfterMs: QUIET_AFTER_MS,
    endReason: "quiet for 30 minutes",
  });
  return [finding];
}

/** It is told by another: when it comes again alone, it is no news. */
function noteTold({ happenings, hour }: AmountState, { speaking, now }: AgentView, { ratio }: Excess): void {
  const goesOn = speaking.of("tool-frequency", now).every(({ severity }) => severity === "info");
  happenings.told("", { observed: hour.sum(ALL), ratio }, now, goesOn);
}

/** Dollars an hour, in steps of the agent's mean price, against its baseline. */
export const spend: Detector<AmountState> = {
  name: NAME,
  summary: "The spend of the last hour is far above what this agent usually spends at this hour.",
  page: {
    ready: "After seven days of history.",
    quieter: "Raise `minExcess`. A level that lasts is learned as usual.",
  },
  learnsExpected: () => true,
  stateVersion: 3,
  create: newAmounts,
  load: loadAmounts,
  onEvent(state, event, view) {
    const dollars = event.cost === undefined ? 0 : Number(event.cost);
    if (!(dollars > 0) || isToldAsLoop(event, view) || !state.hour.add(event.judged_at, ALL, dollars)) return NONE;
    state.hour.add(event.judged_at, seriesOf(view.tools.indexOf(event.tool)), dollars);
    const series = view.baseline?.find("spend", "");
    if (series === undefined) return NONE;
    state.happenings.settle(view.now, () => series);
    state.happenings.count("", dollars);
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
    if (!toldByFrequency(excess, causes, view)) return statement(state, view, excess, causes);
    if (excess.severity !== "info") noteTold(state, view, excess);
    return NONE;
  },
  onBaseline(state, record, view) {
    state.happenings.settle(view.now, () => view.baseline?.find("spend", ""));
    return state.levels.take(record, view, {
      detector: NAME,
      series: ["spend"],
      minADay: LEVEL_FLOOR * floorsOf(view.settings).usd,
      isToldAsExcess: !state.happenings.isEmpty,
    });
  },
  onExpected({ happenings }, { detector, observed, expected }, { now }) {
    if (detector === NAME) happenings.expected("", { observed, ratio: ratioOf(observed, expected ?? 0) }, now);
  },
};
