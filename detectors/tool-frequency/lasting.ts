/** A tool, or all calls together, used several times as often as usual for hours, as a finding says it. */
import type { Finding } from "../../schemas/finding.ts";
import type { EventRecord } from "../../schemas/journal.ts";
import type { SeriesExpectation } from "../baseline/expectations.ts";
import type { AgentView } from "../detector.ts";
import { makeFinding } from "../finding.ts";
import { nameText, plural, timesText, usualText } from "../text/numbers.ts";
import { HOUR_MS } from "../time/zones.ts";
import { type AmountState, sayExcess } from "../window/amounts.ts";
import { floorsOf, ratioOf } from "../window/excess.ts";
import type { Lasting } from "../window/lasting.ts";

const NAME = "tool-frequency";
/** Hours are added up, so it is over when hours were as usual. */
const QUIET_AFTER_MS = 2 * HOUR_MS;
const BAND = 2;
/** Times as far above the usual that is worse. */
const WORSE = 1.5;

/** What else is being told of this agent's amounts is the same cause, unless this is worse: not told again, nor learned as a habit. */
function isBeingTold({ speaking, now }: AgentView, tool: string, times: number): boolean {
  const others = [...speaking.of(NAME, now, "warning"), ...speaking.of("spend", now, "warning")];
  return others.some(
    ({ subject, detector, ratio }) => (subject !== tool || detector !== NAME) && times <= WORSE * ratio,
  );
}

/** Series 0 is all calls, series n + 1 tool number n. */
export function settleLasting({ lasting }: AmountState, { baseline, tools, thresholds, now }: AgentView): void {
  const find = (series: number) => {
    return series === 0 ? baseline?.find("calls", "") : baseline?.find("tool", tools.nameOf(series - 1));
  };
  lasting.settle(now, find, thresholds.evidence.page * Math.LN10);
}

/** Takes in a call: the tool's own excess before that of all of them together. Tool 0 stands for those beyond the limit. */
export function lastingFinding(state: AmountState, event: EventRecord, view: AgentView): Finding | undefined {
  const number = view.tools.indexOf(event.tool);
  const tool = number === 0 ? undefined : ofSeries(state, number + 1, event.tool, event, view);
  const all = ofSeries(state, 0, "", event, view);
  return tool ?? all;
}

/** `tool` is empty for all calls. */
function ofSeries(
  state: AmountState,
  series: number,
  tool: string,
  event: EventRecord,
  view: AgentView,
): Finding | undefined {
  const expectation = view.baseline?.find(tool === "" ? "calls" : "tool", tool);
  if (expectation?.ready !== true) return undefined;
  const { speaking, now, settings } = view;
  const { lasting } = state;
  const found = lasting.add(series, 1, event.judged_at, expectation, view.thresholds.evidence.page * Math.LN10);
  if (found === undefined || found.observed - found.expected < floorsOf(settings).calls) return undefined;
  const isOwn = speaking.of(NAME, now).some(({ subject }) => subject === tool);
  const isOthers = isBeingTold(view, tool, ratioOf(found.observed, found.expected));
  if (lasting.wasTold(series) && !isOwn && !isOthers) {
    lasting.forget(series);
    return undefined;
  }
  lasting.tell();
  return isOthers ? undefined : statement(state, tool, found, expectation, view);
}

function statement(
  state: AmountState,
  tool: string,
  { from, observed, expected, nats }: Lasting,
  { unit, dispersion }: SeriesExpectation,
  view: AgentView,
): Finding | undefined {
  const { now, zones, settings } = view;
  const spread = BAND * Math.sqrt(Math.max(1, unit) * expected + dispersion * expected ** 2);
  const band = { expected, low: Math.max(0, expected - spread), high: expected + spread, score: nats / Math.LN10 };
  const ratio = ratioOf(observed, expected);
  const about = { detector: NAME, subject: tool, observed: observed / ((now - from) / HOUR_MS) };
  const saying = sayExcess(state, view, about, { ...band, ratio, severity: "warning" });
  if (saying === undefined) return undefined;
  const since = `${zones.clock(settings.timezone, from)} ${zones.city(settings.timezone)}`;
  const times = timesText(ratio);
  return makeFinding(view, {
    detector: NAME,
    subject: tool,
    episode: saying.episode,
    severity: saying.severity,
    window: { from, to: now },
    unit: "calls",
    observed,
    ...band,
    reason: saying.reason,
    title: tool === "" ? `made ${times} as many calls as usual` : `used ${nameText(tool)} ${times} as often as usual`,
    facts: [
      `${plural(observed, "call")} since ${since}`,
      `usual in that time: ${usualText(Math.floor(band.low))} to ${usualText(Math.ceil(band.high))}`,
      ...saying.facts,
    ],
    why: "for hours, not in one burst",
    contributors: tool === "" ? [] : [{ name: tool, observed, expected }],
    events: view.recent.last(tool === "" ? undefined : tool),
    quietAfterMs: QUIET_AFTER_MS,
    endReason: "as usual for two hours",
  });
}
