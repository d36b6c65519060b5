/** Whether what alerts depend on stands still anywhere, whichever process has it. */
import { GROUPS, TOPICS } from "../../schemas/topics.ts";
import type { EventLog } from "../log/event-log.ts";

/** Records may wait so long: a checkpoint of many agents and a takeover are over by then. */
const WAIT_MS = 120_000;

/** What an event passes on its way to an alert. The store is not among it: alerts wait for no row. */
const READ = [
  [GROUPS.intake, TOPICS.events],
  [GROUPS.watch, TOPICS.journal],
] as const;

/**
 * A sentence for each group with records that have waited for more than two minutes; empty: none. `now`: Unix
 * milliseconds. Rejects with `retry` when the log cannot say.
 */
export async function stuckGroups(log: Pick<EventLog, "overdue">, now: number): Promise<string[]> {
  const found = await Promise.all(
    READ.map(async ([group, topic]) => ({ group, topic, overdue: await log.overdue(group, topic, now - WAIT_MS) })),
  );
  return found.flatMap(({ group, topic, overdue }) => {
    const partitions = overdue.map(({ partition }) => partition).join(", ");
    return overdue.length === 0
      ? []
      : [`group ${group}: records of ${topic} (partitions ${partitions}) wait for longer than ${WAIT_MS / 1_000} s`];
  });
}
