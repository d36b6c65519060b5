/** What is said of errors that repeat, and of a share of failures that is too great. */
import type { Finding } from "../../schemas/finding.ts";
import type { EventRecord } from "../../schemas/journal.ts";
import type { AgentView } from "../detector.ts";
import { makeFinding } from "../finding.ts";
import { nameText, plural, timesText, usualText } from "../text/numbers.ts";
import { errorText } from "./error-text.ts";
import { isLoop, type RepeatedError } from "./repeated-error.ts";
import type { Share, ShareExcess } from "./share.ts";

export const NAME = "error-loop";
const QUIET_AFTER_MS = 15 * 60_000;
/** Named beside what is told; more are counted. */
const NAMED_BESIDE = 3;

/** What a statement is made of. */
export interface Failures {
  readonly live: readonly RepeatedError[];
}

function clockText({ zones, settings }: AgentView, at: number): string {
  return `${zones.clock(settings.timezone, at)} ${zones.city(settings.timezone)}`;
}

/** Tools that fail alike again and again and have no message of their own. */
function besideText({ live }: Failures, { speaking, tools, now }: AgentView, told: string): readonly string[] {
  const spoken = new Set([told, ...speaking.of(NAME, now, "warning").map(({ subject }) => subject)]);
  const beside = new Set(live.filter(isLoop).map(({ tool }) => tools.nameOf(tool)));
  const names = [...beside].filter((name) => !spoken.has(name)).map(nameText);
  if (names.length === 0) return [];
  const more = names.length - NAMED_BESIDE;
  const rest = more > 0 ? ` and ${plural(more, "more tool")}` : "";
  return [`so do ${names.slice(0, NAMED_BESIDE).join(", ")}${rest}`];
}

/** How often it failed so before this stretch, whose own failures are no habit. */
function usualShareText({ before }: RepeatedError): readonly string[] {
  if (before === undefined) return [];
  const calls = Math.round(before.calls);
  if (calls === 0) return ["no call of it before"];
  if (before.failures < 1) return [`before: none of ${plural(calls, "call")}`];
  if (calls < 100) return [`before: ${Math.round(before.failures)} of ${plural(calls, "call")}`];
  return [`usual: ${usualText((100 * before.failures) / before.calls)} of 100`];
}

/** The same error of a tool; whoever says it sets how grave it is. */
export function repeatFinding(state: Failures, error: RepeatedError, event: EventRecord, view: AgentView): Finding {
  const name = nameText(event.tool);
  return makeFinding(view, {
    detector: NAME,
    subject: event.tool,
    severity: "warning",
    window: { from: error.from, to: view.now },
    unit: "repeats",
    observed: error.count,
    expected: null,
    reason: "same_error",
    title: `gets the same error from ${name} again and again`,
    facts: [
      `${error.count} of ${plural(error.calls, "call")} failed alike since ${clockText(view, error.from)}`,
      ...usualShareText(error),
      ...besideText(state, view, event.tool),
    ],
    why: error.text === "" ? "" : `the error: ${error.text}`,
    contributors: [{ name: event.tool, observed: error.count, expected: null }],
    events: view.recent.last(event.tool),
    quietAfterMs: QUIET_AFTER_MS,
    endReason: "no such error for 15 minutes",
  });
}

/** More failures than usual; whoever says it sets how grave it is. */
export function shareFinding(
  share: Share,
  { score, ratio }: ShareExcess,
  event: EventRecord,
  view: AgentView,
): Finding {
  return makeFinding(view, {
    detector: NAME,
    subject: "",
    severity: "warning",
    window: { from: share.from, to: view.now },
    unit: "calls",
    observed: share.failures,
    expected: share.expected,
    score,
    reason: "over_baseline",
    title: `fails ${timesText(ratio)} as often as usual`,
    facts: [
      `${share.failures} of ${plural(share.calls, "call")} failed since ${clockText(view, share.from)}`,
      `usual: ${usualText(share.expected)}`,
    ],
    why: `the last was ${nameText(event.tool)}: ${errorText(event)}`,
    contributors: [{ name: event.tool, observed: 1, expected: null }],
    events: view.recent.last(),
    quietAfterMs: QUIET_AFTER_MS,
    endReason: "as few failures as usual for 15 minutes",
  });
}
