/** Records that a group will never read, in words. */
import type { GapRecord } from "../../schemas/self.ts";
import type { Statement } from "../finding.ts";
import { countText, plural } from "../text/numbers.ts";

/** What is missing stays missing: the incident ends by itself a day later. */
const TOLD_FOR_MS = 24 * 3_600_000;

/** What a group did not do with the records. */
const MISSED: Readonly<Record<string, string>> = {
  intake: "these lines became no events: they are neither judged nor stored",
  store: "they are not in ClickHouse: review and queries lack them",
  watch: "they were not judged: alerts for them are missing, budgets and totals lack them",
};

/** Why it happens, and what brings the records back or keeps it from happening again. */
function remedy({ group, topic }: GapRecord): string {
  const setting = group === "intake" ? "kafka.inletRetention" : "retention.journal";
  const again =
    group === "intake"
      ? "Bring them in again from their source: ship FILE, with --backfill if it is long ago"
      : "Bring the events of that time in again from their source: ship FILE --backfill; repeats are dropped only within the horizon";
  return `the retention of ${topic} (${setting}) passed the group while it was stopped or slow, or somebody deleted or damaged records. Raise it, or keep the group running. ${again}.`;
}

/** Identity of a gap: who notices it again, later or elsewhere, means the same. */
export const gapKey = ({ group, topic, partition, from }: GapRecord): string =>
  `${group}/${topic}/${partition}/${from}`;

export function gapStatement(gap: GapRecord): Statement {
  const { at, group, topic, partition, from, to } = gap;
  const noticed = `${new Date(at).toISOString().slice(0, 19).replace("T", " ")} UTC`;
  return {
    detector: "integrity",
    subject: `gap:${gapKey(gap)}`,
    episode: gapKey(gap),
    severity: "critical",
    window: { from: at, to: at },
    unit: "records",
    observed: to - from,
    reason: "records_gone",
    title: `${plural(to - from, "record")} gone from ${topic} before group ${group} had read them`,
    facts: [
      `partition ${partition}, offsets ${countText(from)} to ${countText(to - 1)}`,
      `noticed ${noticed}`,
      MISSED[group] ?? "they were not read",
    ],
    why: remedy(gap),
    quietAfterMs: TOLD_FOR_MS,
    endReason: "told a day ago; what is gone stays gone",
  };
}
