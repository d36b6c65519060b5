import { expect, it } from "vitest";
import type { EventLog } from "../../../ingest/log/event-log.ts";
import { stuckGroups } from "../../../ingest/self/stuck-groups.ts";
import { TOPICS } from "../../../schemas/topics.ts";

const NOW = 1_769_524_332_000;

it("names the groups on the way to an alert whose records wait for longer than two minutes", async () => {
  const asked: string[] = [];
  const overdue: EventLog["overdue"] = async (group, topic, before) => {
    asked.push(`${group} ${topic} ${NOW - before}`);
    return group === "watch" ? [3, 7].map((partition) => ({ topic, partition, committed: 1, end: 2 })) : [];
  };
  expect(await stuckGroups({ overdue }, NOW)).toEqual([
    "group watch: records of agent-journal (partitions 3, 7) wait for longer than 120 s",
  ]);
  expect(asked).toEqual([`intake ${TOPICS.events} 120000`, `watch ${TOPICS.journal} 120000`]);
});
