import { Registry } from "prom-client";
import { expect, it } from "vitest";
import type { LogAppend } from "../../../ingest/log/event-log.ts";
import { createGapReporter } from "../../../ingest/self/gap-reporter.ts";
import { WatchkeeperError } from "../../../schemas/errors.ts";
import { TOPICS } from "../../../schemas/topics.ts";
import { silent, sleep, until } from "../store/fixtures.ts";

const GAP = { group: "watch", topic: TOPICS.journal, partition: 1, from: 5, to: 9 };
const away = () => new WatchkeeperError("away", { code: "log_unavailable", verdict: "retry" });

function reporter(append: (records: readonly LogAppend[]) => Promise<void>) {
  const registry = new Registry();
  const quick = (ms: number, signal: AbortSignal) => sleep(Math.min(ms, 20), signal);
  return { registry, gaps: createGapReporter({ append, logger: silent, registry, now: () => 7, sleep: quick }) };
}

it("writes a gap into the journal, again and again until it is taken, and counts its records at once", async () => {
  const written: LogAppend[] = [];
  let refusals = 3;
  const { registry, gaps } = reporter(async (records) => {
    if (refusals-- > 0) throw away();
    written.push(...records);
  });
  gaps.report(GAP);
  gaps.report({ ...GAP, partition: 2 });
  expect(await registry.metrics()).toContain('gap_records_total{group="watch",topic="agent-journal"} 8');
  await until(() => written.length === 2);
  expect(written.map(({ topic, key, value }) => [topic, key, JSON.parse(value)])).toEqual([
    [TOPICS.journal, "watchkeeper", { type: "gap", at: 7, ...GAP }],
    [TOPICS.journal, "watchkeeper", { type: "gap", at: 7, ...GAP, partition: 2 }],
  ]);
  await gaps.stop();
});

it("ends its tries when it is stopped", async () => {
  const { gaps } = reporter(() => Promise.reject(away()));
  gaps.report(GAP);
  await gaps.stop();
});
