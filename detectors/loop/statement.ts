/** A loop in words. */
import type { Finding, Severity } from "../../schemas/finding.ts";
import type { AgentView } from "../detector.ts";
import { makeFinding } from "../finding.ts";
import { nameText, plural } from "../text/numbers.ts";
import type { LoopVerdict } from "./judge.ts";
import { REPEATS_A_MINUTE } from "./rules.ts";
import type { TrackedCall } from "./tracked-call.ts";

export const LOOP = "loop";
const QUIET_AFTER_MS = 10 * 60_000;

const NONE: readonly Finding[] = [];

function spanText(ms: number): string {
  return ms % 60_000 === 0 && ms > 60_000 ? plural(ms / 60_000, "minute") : plural(Math.round(ms / 1000), "second");
}

const WHY: Record<LoopVerdict["reason"], string> = {
  configured_limit: "it repeats a call whose answer does not change, more often than its settings allow",
  over_own_rate: "it repeats a call whose answer does not change, more often than it ever did",
  warm_up_limit: "it repeats a call whose answer does not change",
  unusual_repeats: "it repeats a call whose answer does not change, which it hardly ever does with this tool",
};

/** What is only unusual of the tool is critical from the count on that is stated for every agent. */
function severityOf({ reason, count }: LoopVerdict): Severity {
  return reason === "unusual_repeats" && count < REPEATS_A_MINUTE ? "warning" : "critical";
}

/** What a loop says, unless it was said a moment ago. */
export function loopFindings(call: TrackedCall, verdict: LoopVerdict, view: AgentView): readonly Finding[] {
  const isCycle = call.period > 1;
  const subject = call.key;
  const severity = view.speaking.atLeast(LOOP, subject, severityOf(verdict), view.now);
  if (!view.speaking.may(LOOP, subject, severity, view.now)) return NONE;
  const { zones, settings, now } = view;
  const name = nameText(call.name);
  const clock = `${zones.clock(settings.timezone, now)} ${zones.city(settings.timezone)}`;
  const times = `${plural(verdict.count, isCycle ? "round" : "time")} within ${spanText(verdict.withinMs)}`;
  const limit =
    verdict.reason === "over_own_rate" || verdict.reason === "unusual_repeats" ? "its own rate allows" : "allowed";
  return [
    makeFinding(view, {
      detector: LOOP,
      subject,
      severity,
      window: { from: now - verdict.withinMs, to: now },
      unit: "repeats",
      observed: verdict.count,
      expected: verdict.limit,
      reason: verdict.reason,
      title: isCycle ? `goes round in circles: ${name}` : `repeats the same call to ${name}`,
      facts: [`${times} at ${clock}, same arguments, same outcome`, `${limit}: fewer than ${verdict.limit}`],
      why: call.failed ? "it retries a call that fails every time" : WHY[verdict.reason],
      contributors: [{ name: call.name, observed: verdict.count, expected: null }],
      events: view.recent.last(isCycle ? undefined : call.name),
      quietAfterMs: QUIET_AFTER_MS,
      endReason: "quiet for 10 minutes",
    }),
  ];
}
