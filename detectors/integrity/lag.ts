/** A group that is so far behind that what it has not read may be dropped, in words. */
import type { LagRecord } from "../../schemas/self.ts";
import type { Statement } from "../finding.ts";
import { countText, plural } from "../text/numbers.ts";

/** Said each minute while it lasts; nothing said for so long: whoever looked is gone. */
export const UNHEARD_MS = 10 * 60_000;
const NAMED = 8;
const HOUR_MS = 3_600_000;

const WAITING: Readonly<Record<string, string>> = {
  intake: "lines in the inlet are late: neither judged nor stored yet",
  store: "events are not in ClickHouse yet; alerts go on",
  watch: "events are not judged yet: alerts are late",
};

export const lagKey = ({ group, topic }: LagRecord): string => `${group}/${topic}`;

/** "84 h", "3.5 d". */
function timeText(ms: number): string {
  const hours = ms / HOUR_MS;
  if (hours < 1) return `${Number((ms / 60_000).toPrecision(2))} min`;
  return hours < 48 ? `${Number(hours.toPrecision(2))} h` : `${Number((hours / 24).toPrecision(2))} d`;
}

function where(partitions: readonly number[]): string {
  const more = partitions.length - NAMED;
  const named = partitions.slice(0, NAMED).join(", ");
  return `${partitions.length === 1 ? "partition" : "partitions"} ${named}${more > 0 ? ` and ${more} more` : ""}`;
}

function limitFact({ retention_ms, limit_bytes }: LagRecord): string {
  if (limit_bytes !== undefined)
    return `they take more than half of the ${countText(limit_bytes / 1024 ** 2)} MiB that the log may hold`;
  const kept = retention_ms ?? 0;
  return `the oldest is older than ${timeText(kept / 2)}; after ${timeText(kept)} records are dropped`;
}

function remedy({ group, limit_bytes }: LagRecord): string {
  const loss = limit_bytes === undefined ? "records will be lost" : "new events will be refused";
  const look =
    group === "store"
      ? "Does ClickHouse answer and take rows?"
      : `Does a process with the group ${group} run, and is it fast enough?`;
  return `the group was stopped, or is slower than what comes in. ${look} /readyz and the log say more. Unless it catches up, ${loss}.`;
}

/** The group is past the limit. */
export function lagStatement(lag: LagRecord): Statement {
  const { at, group, topic, partitions, records } = lag;
  return {
    ...about(lag),
    window: { from: at, to: at },
    unit: "records",
    observed: records,
    reason: "lag_past_half",
    title: `group ${group} is more than half of what is kept behind in ${topic}`,
    facts: [`${plural(records, "unread record")} in ${where(partitions)}`, limitFact(lag), WAITING[group] ?? ""].filter(
      Boolean,
    ),
    why: remedy(lag),
    quietAfterMs: UNHEARD_MS,
    endReason: "nothing heard of it for 10 minutes",
  };
}

/** It is not any more: the incident ends at once. */
export function caughtUpStatement(lag: LagRecord): Statement {
  const { at, group, topic } = lag;
  return {
    ...about(lag),
    window: { from: at, to: at },
    unit: "records",
    observed: 0,
    reason: "lag_caught_up",
    title: `group ${group} was more than half of what is kept behind in ${topic}`,
    facts: ["it has caught up"],
    quietAfterMs: 1,
    endReason: "caught up",
  };
}

const about = (lag: LagRecord) =>
  ({ detector: "integrity", subject: `lag:${lagKey(lag)}`, severity: "warning" }) as const;
