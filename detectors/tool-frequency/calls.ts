/** How many calls of a tool, or of all, the last hour holds against what the baseline expects of it. */
import type { Contributor } from "../../schemas/finding.ts";
import type { AgentView } from "../detector.ts";
import type { AmountState } from "../window/amounts.ts";
import { type Excess, excessOf, floorsOf, ratioOf, usualIn } from "../window/excess.ts";

export const NAME = "tool-frequency";
/** Series 0 is all calls, series n + 1 tool number n. */
export const ALL = 0;
export const seriesOf = (tool: number): number => tool + 1;

/** Calls of the last hour; `tool` "" is all of them. */
export function callsOf(state: AmountState, view: AgentView, tool: string): number {
  return state.hour.sum(tool === "" ? ALL : seriesOf(view.tools.indexOf(tool)));
}

/** Whether so many calls are too many; `tool` "" is all of them. Default: those of the last hour. */
export function ask(
  state: AmountState,
  view: AgentView,
  tool: string,
  observed: number = callsOf(state, view, tool),
): Excess | undefined {
  const series = view.baseline?.find(tool === "" ? "calls" : "tool", tool);
  if (series === undefined) return undefined;
  return excessOf({
    observed,
    series,
    from: state.hour.from,
    to: view.now,
    minExcess: floorsOf(view.settings).calls,
    offHours: view.speaking.of("off-hours", view.now).length > 0,
    threshold: view.thresholds.amounts,
  });
}

/** Calls of a tool that are usual in this hour; undefined where nothing is known of it. */
export function usualOf(state: AmountState, view: AgentView, tool: string): number | undefined {
  const known = view.baseline?.find("tool", tool);
  return known === undefined ? undefined : usualIn(known, state.hour.from, view.now);
}

/** The three tools that were called most. */
export function contributorsOf(state: AmountState, view: AgentView): Contributor[] {
  const ranked = state.hour.ranking().filter((series) => series !== ALL);
  return ranked.slice(0, 3).map((series) => {
    const name = view.tools.nameOf(series - 1);
    return { name, observed: state.hour.sum(series), expected: usualOf(state, view, name) ?? null };
  });
}

/** The numbers of the tool itself, with the judgement of all calls. */
export function ownExcess(state: AmountState, view: AgentView, tool: string, all: Excess): Excess {
  const series = view.baseline?.find("tool", tool);
  const expected = usualOf(state, view, tool) ?? 0;
  const spread = 2 * Math.sqrt((series?.unit ?? 1) * expected + (series?.dispersion ?? 0) * expected ** 2);
  const ratio = ratioOf(callsOf(state, view, tool), expected);
  return { ...all, expected, low: Math.max(0, expected - spread), high: expected + spread, ratio };
}
