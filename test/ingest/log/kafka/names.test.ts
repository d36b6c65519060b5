import { expect, it } from "vitest";
import { createNames } from "../../../../ingest/log/kafka/names.ts";
import { TOPICS } from "../../../../schemas/topics.ts";

it("names topics and groups as they are, behind a prefix, and transactions so that they meet nobody else's", () => {
  const [plain, prefixed] = [createNames(), createNames("team-")];
  expect([plain.topic(TOPICS.journal), plain.group("intake"), plain.transaction("intake", 0)]).toEqual([
    "agent-journal",
    "intake",
    "watchkeeper-intake-0",
  ]);
  expect([prefixed.topic(TOPICS.journal), prefixed.group("intake"), prefixed.transaction("intake", 0)]).toEqual([
    "team-agent-journal",
    "team-intake",
    "team-watchkeeper-intake-0",
  ]);
  expect(prefixed.topicOf("team-agent-journal")).toBe(TOPICS.journal);
});
