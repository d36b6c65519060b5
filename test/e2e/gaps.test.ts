/** Watchkeeper watches itself: what it will never read is told once, by the real program. */
import { join } from "node:path";
import kafkajs from "kafkajs";
import { describe, expect, it } from "vitest";
import { openEmbeddedLog } from "../../ingest/log/embedded-log.ts";
import { selfAppend } from "../../ingest/self/self-record.ts";
import type { GapRecord } from "../../schemas/self.ts";
import { TOPICS } from "../../schemas/topics.ts";
import { kafkaAvailable } from "../kafka/available.ts";
import { startBroker } from "../kafka/broker.ts";
import { createScene, paidCall, slackEnvironment } from "./scene.ts";
import { metric, settled, until } from "./watchkeeper.ts";

const scene = createScene();

it("tells a gap of the journal once, whatever is restarted, and shows it as its own incident", async () => {
  const slack = await scene.slack();
  const directory = await scene.directory();
  const log = await openEmbeddedLog({
    directory: join(directory, "data", "log"),
    ...{ limitBytes: 64 * 1024 ** 2, now: Date.now },
  });
  const gap: GapRecord = {
    ...{ type: "gap", at: Date.now(), group: "watch", topic: TOPICS.journal, partition: 0, from: 4, to: 1_004 },
  };
  await log.append([selfAppend(gap), selfAppend({ ...gap, at: gap.at + 1 })]);
  await log.close();
  for (const _ of ["first start", "restart"]) {
    const up = await scene.start({ directory, env: slackEnvironment(slack) });
    await until(() => slack.firsts().length > 0);
    await settled(up);
    const { incidents } = (await (await up.get("/v1/incidents")).json()) as { incidents: object[] };
    expect(incidents).toMatchObject([
      {
        scope: { kind: "watchkeeper", name: "watchkeeper" },
        detector: "integrity",
        severity: "critical",
        observed: 1_000,
      },
    ]);
    await until(async () => (await up.number("SELECT count() FROM controls WHERE type = 'gap'")) === 2);
    expect(await up.stop()).toBe(0);
  }
  expect(slack.messages).toHaveLength(1);
  expect(slack.messages[0]?.text).toBe(
    ":rotating_light: *Watchkeeper* 1,000 records gone from agent-journal before group watch had read them",
  );
  expect(JSON.stringify(slack.messages[0]?.blocks)).toContain("partition 0, offsets 4 to 1,003");
});

describe.runIf(kafkaAvailable().own)("records deleted from Kafka under a stopped group", () => {
  it("are told once with their exact range, and what is left is judged and stored", async () => {
    const cluster = await startBroker();
    scene.after(() => cluster.stop());
    const slack = await scene.slack();
    const env = { KAFKA_BROKERS: cluster.brokers.join(","), ...slackEnvironment(slack) };
    const config = "alerts: { groupFor: 0s }\nkafka: { partitions: 2, inletPartitions: 1 }\n";
    const directory = await scene.directory();
    const launch = () => scene.start({ directory, env, config });

    const first = await launch();
    expect((await first.post([paidCall("a", 0.01, { id: "before" })])).status).toBe(200);
    await until(async () => (await first.number("SELECT count() FROM events")) === 1);
    // What was read counts as read to the end, markers of transactions included.
    await until(async () => (await metric(first, "watchkeeper_log_lag_records")) === 0);
    expect(await first.stop()).toBe(0);

    const kafka = new kafkajs.Kafka({ brokers: cluster.brokers, logLevel: kafkajs.logLevel.NOTHING });
    const admin = kafka.admin();
    await admin.connect();
    const [inlet] = await admin.fetchTopicOffsets(TOPICS.events);
    expect(inlet?.high).toBe("0");
    const lines = Array.from({ length: 50 }, (_, n) =>
      JSON.stringify(paidCall("a", 0.01, { id: `k${n}`, endpoint: `/${n}` })),
    );
    await cluster.consoleProduce(TOPICS.events, lines);
    await admin.deleteTopicRecords({ topic: TOPICS.events, partitions: [{ partition: 0, offset: "30" }] });
    await admin.disconnect();

    for (const _ of ["first start", "restart"]) {
      const up = await launch();
      await until(async () => (await up.number("SELECT count() FROM events")) === 21);
      await until(() => slack.firsts().length > 0);
      await until(async () => (await metric(up, "watchkeeper_log_lag_records")) === 0);
      expect(await up.stop()).toBe(0);
    }
    expect(slack.messages.map(({ text }) => text)).toEqual([
      ":rotating_light: *Watchkeeper* 30 records gone from agent-events before group intake had read them",
    ]);
    expect(JSON.stringify(slack.messages[0]?.blocks)).toContain("partition 0, offsets 0 to 29");
  });
});
