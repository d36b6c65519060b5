/** A tool, or all calls together, far more often than usual in the last hour. */
import type { Contributor, Finding, Severity } from "../schemas/finding.ts";
import type { EventRecord } from "../schemas/journal.ts";
import type { AgentView, Detector } from "./detector.ts";
import { makeFinding } from "./finding.ts";
import { isToldAsLoop } from "./loop/told.ts";
import { nameText, plural, timesText, usualText } from "./text/numbers.ts";
import { type AmountState, LEVEL_FLOOR, loadAmounts, newAmounts, sayExcess } from "./window/amounts.ts";
import { type Excess, excessOf, floorsOf, ratioOf, usualIn } from "./window/excess.ts";

const NAME = "tool-frequency";
const QUIET_AFTER_MS = 30 * 60_000;
/** Tools of one agent that speak at once; what goes beyond is one cause already told. */
const MAX_SPEAKING = 3;
/** Share of the excess of all calls that makes it the matter of one tool. */
const DOMINANT = 0.6;
const ALL = 0;
const OTHER_TOOLS = 0;

const NONE: readonly Finding[] = [];

/** Series 0 is all calls, series n + 1 tool number n. */
const seriesOf = (tool: number): number => tool + 1;

function ask(state: AmountState, view: AgentView, series: number, tool: string): Excess | undefined {
  const expectation = view.baseline?.find(series === ALL ? "calls" : "tool", tool);
  if (expectation === undefined) return undefined;
  return excessOf({
    observed: state.hour.sum(series),
    series: expectation,
    from: state.hour.from,
    to: view.now,
    minExcess: floorsOf(view.settings).calls,
    offHours: view.speaking.of("off-hours", view.now).length > 0,
    threshold: view.thresholds.amounts,
  });
}

function contributorsOf(state: AmountState, view: AgentView): Contributor[] {
  const ranked = state.hour.ranking().filter((series) => series !== ALL);
  return ranked.slice(0, 3).map((series) => {
    const name = view.tools.nameOf(series - 1);
    const known = view.baseline?.find("tool", name);
    const expected = known === undefined ? null : (usualIn(known, state.hour.from, view.now) ?? null);
    return { name, observed: state.hour.sum(series), expected };
  });
}

function whyText(contributors: readonly Contributor[]): string {
  return contributors
    .map(({ name, observed, expected }) => {
      const usual = expected === null ? "" : ` (usual ${usualText(expected)})`;
      return `${plural(observed, "call")} to ${nameText(name)}${usual}`;
    })
    .join(", ");
}

function statement(state: AmountState, view: AgentView, tool: string, excess: Excess): Finding | undefined {
  const observed = state.hour.sum(tool === "" ? ALL : seriesOf(view.tools.indexOf(tool)));
  const saying = sayExcess(state, view, { detector: NAME, subject: tool, observed }, excess);
  if (saying === undefined) return undefined;
  const { zones, settings, now } = view;
  const times = excess.expected >= 0.5 ? timesText(excess.ratio) : "";
  const title =
    tool === ""
      ? `made ${times === "" ? plural(observed, "call") : `${times} as many calls as usual`}`
      : `used ${nameText(tool)} ${times === "" ? plural(observed, "time") : `${times} as often as usual`}`;
  const clock = `${zones.clock(settings.timezone, now)} ${zones.city(settings.timezone)}`;
  const contributors = contributorsOf(state, view);
  return makeFinding(view, {
    detector: NAME,
    subject: tool,
    episode: saying.episode,
    severity: saying.severity,
    window: { from: state.hour.from, to: now },
    unit: "calls",
    observed,
    expected: excess.expected,
    low: excess.low,
    high: excess.high,
    score: excess.score,
    reason: saying.reason,
    title: times === "" ? `${title} in an hour` : title,
    facts: [
      `${plural(observed, "call")} in the last hour at ${clock}`,
      `usual at this hour: ${usualText(Math.floor(excess.low))} to ${usualText(Math.ceil(excess.high))}`,
      ...saying.facts,
    ],
    why: whyText(contributors),
    contributors,
    events: view.recent.last(tool === "" ? undefined : tool),
    quietAfterMs: QUIET_AFTER_MS,
    endReason: "quiet for 30 minutes",
  });
}

/** Spend that speaks already, no softer than this would, and names this tool as what it is spent on, has told this cause. */
function toldBySpend(tool: string, severity: Severity, view: AgentView): boolean {
  return view.speaking.of("spend", view.now, audible(severity)).some((spoken) => spoken.causes.includes(tool));
}

/** What silences a statement: for a note anything that is being said, for a page only pages. */
const audible = (severity: Severity): Severity => (severity === "info" ? "info" : "warning");

/** All calls are over: the tool that most of the excess comes from, if one does and its own baseline is ready. */
function dominantTool(state: AmountState, view: AgentView, all: Excess): string {
  const excess = state.hour.sum(ALL) - all.expected;
  for (const { name, observed, expected } of contributorsOf(state, view)) {
    if (expected !== null && observed - expected >= DOMINANT * excess) return name;
  }
  return "";
}

/** It is told as a cause of something else: when it comes again alone, it is no news. */
function noteTold({ happenings, hour }: AmountState, view: AgentView, tool: string, { ratio }: Excess): void {
  const { speaking, now, tools } = view;
  const others = [...speaking.of(NAME, now), ...speaking.of("spend", now)].filter(({ causes }) =>
    causes.includes(tool),
  );
  if (others.length === 0) return;
  const observed = hour.sum(seriesOf(tools.indexOf(tool)));
  const goesOn = others.every(({ severity }) => severity === "info");
  happenings.told(tool, { observed, ratio }, now, goesOn);
}

function judge(state: AmountState, event: EventRecord, view: AgentView): Finding | undefined {
  const number = view.tools.indexOf(event.tool);
  // Tools beyond the limit are counted together: none of them has a number of its own to judge.
  const tool = number === OTHER_TOOLS ? undefined : ask(state, view, seriesOf(number), event.tool);
  if (tool !== undefined) view.speaking.note(NAME, event.tool, tool.ratio);
  if (tool !== undefined && tool.severity !== "info") return ofTool(state, event.tool, tool, view);
  const all = ofAll(state, event, view);
  return all === undefined && tool !== undefined ? ofTool(state, event.tool, tool, view) : all;
}

function ofTool(state: AmountState, name: string, excess: Excess, view: AgentView): Finding | undefined {
  const speaking = view.speaking.of(NAME, view.now, audible(excess.severity));
  const isSpeaking = speaking.some((spoken) => spoken.subject === name);
  const isMore = !isSpeaking && (speaking.length >= MAX_SPEAKING || speaking.some((s) => s.subject === ""));
  if (!isMore && !toldBySpend(name, excess.severity, view)) return statement(state, view, name, excess);
  if (excess.severity !== "info") noteTold(state, view, name, excess);
  return undefined;
}

function ofAll(state: AmountState, event: EventRecord, view: AgentView): Finding | undefined {
  const all = ask(state, view, ALL, "");
  if (all === undefined) return undefined;
  const speaking = view.speaking.of(NAME, view.now, audible(all.severity));
  if (speaking.some((spoken) => spoken.subject !== "")) return undefined;
  view.speaking.note(NAME, "", all.ratio);
  const subject = speaking.length > 0 ? "" : dominantTool(state, view, all);
  if (toldBySpend(subject === "" ? event.tool : subject, all.severity, view)) return undefined;
  return statement(state, view, subject, subject === "" ? all : ownExcess(state, view, subject, all));
}

/** The numbers of the tool itself, with the judgement of all calls. */
function ownExcess(state: AmountState, view: AgentView, tool: string, all: Excess): Excess {
  const series = view.baseline?.find("tool", tool);
  const expected = (series && usualIn(series, state.hour.from, view.now)) ?? 0;
  const spread = 2 * Math.sqrt((series?.unit ?? 1) * expected + (series?.dispersion ?? 0) * expected ** 2);
  const observed = state.hour.sum(seriesOf(view.tools.indexOf(tool)));
  const ratio = ratioOf(observed, expected);
  return { ...all, expected, low: Math.max(0, expected - spread), high: expected + spread, ratio };
}

/** Calls per tool and in all, against what this agent's baseline expects of exactly the last hour. */
export const toolFrequency: Detector<AmountState> = {
  name: NAME,
  summary: "A tool, or all tools together, is used far more often than this agent usually does at this hour.",
  page: {
    ready: "After seven days of history.",
    quieter: "Raise `minExcess`. A level that lasts is learned as usual.",
  },
  stateVersion: 3,
  create: newAmounts,
  load: loadAmounts,
  onEvent(state, event, view) {
    if (event.kind === "decision" || isToldAsLoop(event, view)) return NONE;
    const inHour = state.hour.add(event.judged_at, ALL, 1);
    if (!inHour || !state.hour.add(event.judged_at, seriesOf(view.tools.indexOf(event.tool)), 1)) return NONE;
    if (view.baseline === undefined) return NONE;
    if (!state.happenings.isEmpty) {
      settle(state, view);
      state.happenings.count(event.tool, 1);
    }
    const finding = judge(state, event, view);
    return finding === undefined ? NONE : [finding];
  },
  onBaseline(state, record, view) {
    settle(state, view);
    return state.levels.take(record, view, {
      detector: NAME,
      series: ["calls", "tool"],
      minADay: LEVEL_FLOOR * floorsOf(view.settings).calls,
      isToldAsExcess: !state.happenings.isEmpty,
    });
  },
  onExpected({ happenings }, { detector, subject, observed, expected }, { now }) {
    if (detector === NAME) happenings.expected(subject, { observed, ratio: ratioOf(observed, expected ?? 0) }, now);
  },
};

function settle({ happenings }: AmountState, { baseline, now }: AgentView): void {
  happenings.settle(now, (subject) => baseline?.find(subject === "" ? "calls" : "tool", subject));
}
