/** What is said of calls that are too many: of one tool or of all, and which others are too many beside it. */
import type { Contributor, Finding } from "../../schemas/finding.ts";
import type { AgentView } from "../detector.ts";
import { makeFinding } from "../finding.ts";
import { nameText, plural, timesText, usualText } from "../text/numbers.ts";
import { type AmountState, sayExcess } from "../window/amounts.ts";
import type { Excess } from "../window/excess.ts";
import { ALL, ask, callsOf, contributorsOf, NAME } from "./calls.ts";

const QUIET_AFTER_MS = 30 * 60_000;
/** Named beside what is told; more are counted. */
const NAMED_BESIDE = 3;

function whyText(contributors: readonly Contributor[]): string {
  return contributors
    .map(({ name, observed, expected }) => {
      const usual = expected === null ? "" : ` (usual ${usualText(expected)})`;
      return `${plural(observed, "call")} to ${nameText(name)}${usual}`;
    })
    .join(", ");
}

/** Tools that would page and are told by no message of their own, the furthest above their usual first. */
function besideText(state: AmountState, view: AgentView, told: string): readonly string[] {
  const speaking = view.speaking.of(NAME, view.now, "warning");
  if (speaking.length === 0) return [];
  const beside = state.hour.ranking().flatMap((series) => {
    const tool = series === ALL ? "" : view.tools.nameOf(series - 1);
    if (tool === "" || tool === told || speaking.some(({ subject }) => subject === tool)) return [];
    const excess = ask(state, view, tool);
    return excess === undefined || excess.severity === "info" ? [] : [{ tool, ratio: excess.ratio }];
  });
  if (beside.length === 0) return [];
  beside.sort((a, b) => b.ratio - a.ratio || (a.tool < b.tool ? -1 : 1));
  const named = beside.slice(0, NAMED_BESIDE).map(({ tool, ratio }) => `${nameText(tool)} (${timesText(ratio)})`);
  const more = beside.length - named.length;
  return [`far above usual as well: ${named.join(", ")}${more > 0 ? ` and ${plural(more, "more tool")}` : ""}`];
}

/** What is said of a tool ("": of all calls); undefined when it is being said already. */
export function statement(state: AmountState, view: AgentView, tool: string, excess: Excess): Finding | undefined {
  const observed = callsOf(state, view, tool);
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
      ...(saying.severity === "info" ? [] : besideText(state, view, tool)),
      ...saying.facts,
    ],
    why: whyText(contributors),
    contributors,
    events: view.recent.last(tool === "" ? undefined : tool),
    quietAfterMs: QUIET_AFTER_MS,
    endReason: "quiet for 30 minutes",
  });
}
