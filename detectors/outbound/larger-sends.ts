/** Sends that are far larger than those of the same tool usually are. */
import type { Finding } from "../../schemas/finding.ts";
import type { EventRecord } from "../../schemas/journal.ts";
import type { AgentView } from "../detector.ts";
import { makeFinding } from "../finding.ts";
import { bytesText, nameText, plural, timesText } from "../text/numbers.ts";
import type { SendSizes, SizeShift } from "./send-sizes.ts";

const NAME = "outbound";
const QUIET_AFTER_MS = 30 * 60_000;
/** Standard deviations by which the sends of an hour are too large; one hour in a billion if they were normal. */
const MIN_DEVIATIONS = 6;
const MIN_RATIO = 2;
const MIN_SENDS = 3;

function statementOfSizes(shift: SizeShift, event: EventRecord, view: AgentView): Finding | undefined {
  const { zones, settings, now } = view;
  if (!view.speaking.may(NAME, "", "warning", now)) return undefined;
  const times = shift.bytes / shift.usual;
  const clock = `${zones.clock(settings.timezone, now)} ${zones.city(settings.timezone)}`;
  return makeFinding(view, {
    detector: NAME,
    subject: "",
    severity: "warning",
    window: { from: shift.from, to: now },
    unit: "bytes",
    observed: shift.bytes,
    expected: shift.usual,
    score: Math.min(300, shift.deviations ** 2 / 2 / Math.LN10),
    reason: "larger_sends",
    title: `sent ${timesText(times)} as much as usual`,
    facts: [
      `${bytesText(shift.bytes)} in ${plural(shift.sends, "send")} of the last hour at ${clock}`,
      `as many usually come to ${bytesText(shift.usual)}`,
    ],
    why: `each send is larger than ${nameText(event.tool)} usually is`,
    contributors: [{ name: event.tool, observed: shift.bytes, expected: shift.usual }],
    events: view.recent.last(event.tool),
    quietAfterMs: QUIET_AFTER_MS,
    endReason: "quiet for 30 minutes",
  });
}

/** Learns from a send, and says when those of the last hour are too large. */
export function judgeSize(sizes: SendSizes, event: EventRecord, view: AgentView): Finding | undefined {
  const bytes = event.bytes_out ?? 0;
  if (!(bytes > 0)) return undefined;
  const tool = view.tools.indexOf(event.tool);
  const shift = event.backfill === true ? undefined : sizes.judge(tool, bytes, event.judged_at);
  sizes.learn(tool, bytes);
  if (shift === undefined || shift.deviations < MIN_DEVIATIONS || shift.sends < MIN_SENDS) return undefined;
  const minExcess = view.settings.detectors[NAME].minExcess;
  if (shift.bytes < MIN_RATIO * shift.usual || shift.bytes - shift.usual < minExcess) return undefined;
  return statementOfSizes(shift, event, view);
}
