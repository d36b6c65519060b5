/** A tool, or all calls together, far more often than usual in the last hour. */
import type { Finding, Severity } from "../schemas/finding.ts";
import type { EventRecord } from "../schemas/journal.ts";
import type { AgentView, Detector } from "./detector.ts";
import { isToldAsLoop } from "./loop/told.ts";
import { ALL, ask, callsOf, contributorsOf, NAME, ownExcess, seriesOf } from "./tool-frequency/calls.ts";
import { lastingFinding, settleLasting } from "./tool-frequency/lasting.ts";
import { audible, besideTold, isBeyondNotes, namedBy } from "./tool-frequency/rivals.ts";
import { statement } from "./tool-frequency/statement.ts";
import { type AmountState, LEVEL_FLOOR, loadAmounts, newAmounts } from "./window/amounts.ts";
import { type Excess, floorsOf, ratioOf } from "./window/excess.ts";

/** Share of the excess of all calls that makes it the matter of one tool. */
const DOMINANT = 0.6;
const OTHER_TOOLS = 0;

const NONE: readonly Finding[] = [];

/** Spend that speaks already, no softer than this would, and names this tool as what it is spent on, has told this cause. */
function toldBySpend(tool: string, severity: Severity, view: AgentView): boolean {
  return view.speaking.of("spend", view.now, audible(severity)).some((spoken) => spoken.causes.includes(tool));
}

/** All calls are over: the tool that most of the excess comes from, if one does and its own baseline is ready. */
function dominantTool(state: AmountState, view: AgentView, all: Excess): string {
  const excess = state.hour.sum(ALL) - all.expected;
  for (const { name, observed, expected } of contributorsOf(state, view)) {
    if (expected !== null && observed - expected >= DOMINANT * excess) return name;
  }
  return "";
}

/** It is told as a cause of something else: when it comes again alone, it is no news. */
function noteTold(state: AmountState, view: AgentView, tool: string, { ratio }: Excess): void {
  const { speaking, now } = view;
  const others = [...speaking.of(NAME, now), ...speaking.of("spend", now)].filter(({ causes }) =>
    causes.includes(tool),
  );
  if (others.length === 0) return;
  const observed = callsOf(state, view, tool);
  const goesOn = others.every(({ severity }) => severity === "info");
  state.happenings.told(tool, { observed, ratio }, now, goesOn);
}

function judge(state: AmountState, event: EventRecord, view: AgentView): Finding | undefined {
  // Tools beyond the limit are counted together: none of them has a number of its own to judge.
  const tool = view.tools.indexOf(event.tool) === OTHER_TOOLS ? undefined : ask(state, view, event.tool);
  if (tool !== undefined) view.speaking.note(NAME, event.tool, tool.ratio);
  if (tool !== undefined && tool.severity !== "info") return ofTool(state, event.tool, tool, view);
  const all = ofAll(state, event, view);
  return all === undefined && tool !== undefined ? noteOfTool(state, event.tool, tool, view) : all;
}

function ofTool(state: AmountState, name: string, excess: Excess, view: AgentView): Finding | undefined {
  if (toldBySpend(name, excess.severity, view)) {
    noteTold(state, view, name, excess);
    return undefined;
  }
  const rival = namedBy(state, view, name, excess);
  if (rival === undefined) return statement(state, view, name, excess);
  noteTold(state, view, name, excess);
  view.speaking.note(NAME, rival.subject, rival.excess.ratio);
  return statement(state, view, rival.subject, rival.excess);
}

function noteOfTool(state: AmountState, name: string, excess: Excess, view: AgentView): Finding | undefined {
  if (isBeyondNotes(view, name) || toldBySpend(name, "info", view)) return undefined;
  return statement(state, view, name, excess);
}

function ofAll(state: AmountState, event: EventRecord, view: AgentView): Finding | undefined {
  const judged = ask(state, view, "");
  const all = judged && besideTold(state, view, judged);
  if (all === undefined) return undefined;
  const speaking = view.speaking.of(NAME, view.now, audible(all.severity));
  view.speaking.note(NAME, "", all.ratio);
  const subject = speaking.length > 0 ? "" : dominantTool(state, view, all);
  if (toldBySpend(subject === "" ? event.tool : subject, all.severity, view)) return undefined;
  return statement(state, view, subject, subject === "" ? all : ownExcess(state, view, subject, all));
}

/** Calls per tool and in all, against what this agent's baseline expects of exactly the last hour. */
export const toolFrequency: Detector<AmountState> = {
  name: NAME,
  summary: "A tool, or all tools together, is used far more often than this agent usually does at this hour.",
  page: {
    ready: "After seven days of history.",
    quieter: "Raise `minExcess`. A level that lasts is learned as usual.",
  },
  learnsExpected: () => true,
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
    const lasting = lastingFinding(state, event, view);
    const said = finding ?? lasting;
    return said === undefined ? NONE : [said];
  },
  onBaseline(state, record, view) {
    settle(state, view);
    settleLasting(state, view);
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
