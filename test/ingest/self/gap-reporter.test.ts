import { Registry } from "prom-client";
import { expect, it } from "vitest";
import { createGapReporter } from "../../../ingest/self/gap-reporter.ts";
import { TOPICS } from "../../../schemas/topics.ts";
import { silent } from "../store/fixtures.ts";

const GAP = { group: "watch", topic: TOPICS.journal, partition: 1, from: 5, to: 9 };

it("counts the records of a gap at once, and makes the record that tells of it", async () => {
  const registry = new Registry();
  const gaps = createGapReporter({ logger: silent, registry, now: () => 7 });
  gaps.onGap(GAP);
  gaps.onGap({ ...GAP, partition: 2 });
  expect(await registry.metrics()).toContain('gap_records_total{group="watch",topic="agent-journal"} 8');
  const { topic, key, value } = gaps.recordOfGap(GAP);
  expect([topic, key, JSON.parse(value)]).toEqual([TOPICS.journal, "watchkeeper", { type: "gap", at: 7, ...GAP }]);
});
