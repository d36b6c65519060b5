/** Three nodes, three copies, two of them needed: nodes are killed under load, and everything is there once. */
import kafkajs, { type Admin } from "kafkajs";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type KafkaLog, openKafkaLog } from "../../../ingest/log/kafka-log.ts";
import { TOPICS } from "../../../schemas/topics.ts";
import { kafkaAvailable } from "../../kafka/available.ts";
import { type Cluster, startBroker } from "../../kafka/broker.ts";
import { type Counter, judge, type Load, progress, startCounter, startLoad } from "./kafka-counters.ts";

const PARTITIONS = 6;
const KEYS = Array.from({ length: 12 }, (_, i) => `agent-${i}`);
const PREFIX = "cluster-";
const numbers: Record<string, number> = {};

describe.runIf(kafkaAvailable().own)("members of a group on three nodes", () => {
  let cluster: Cluster;
  let log: KafkaLog;
  let load: Load;
  let admin: Admin;
  const counters: Counter[] = [];

  beforeAll(async () => {
    cluster = await startBroker({ nodes: 3 });
    const { brokers } = cluster;
    log = await openKafkaLog({
      connection: { brokers, ssl: false },
      ...{ clientId: "test", prefix: PREFIX, partitions: PARTITIONS, inletPartitions: PARTITIONS },
      ...{ inletRetentionMs: 3_600_000, journalRetentionMs: 3_600_000 },
      logger: pino({ level: "silent" }),
      onGap: (gap) => expect(gap).toBeUndefined(),
    });
    admin = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING }).admin();
    await admin.connect();
    load = startLoad(log, KEYS);
    const logLevel = process.env.KAFKA_TEST_LOG;
    for (const _ of [1, 2]) {
      const settings = { brokers, prefix: PREFIX, partitions: PARTITIONS, ...(logLevel !== undefined && { logLevel }) };
      counters.push(await startCounter(settings));
    }
    await progress(counters);
  });

  afterAll(async () => {
    if (Object.keys(numbers).length > 0) process.stderr.write(`${JSON.stringify(numbers)}\n`);
    await Promise.all(counters.filter(({ isRunning }) => isRunning).map((counter) => counter.kill()));
    await admin?.disconnect();
    await log?.close();
    await cluster?.stop();
  });

  async function leaderOf(topic: string, partition: number): Promise<number> {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    return topics[0]?.partitions.find(({ partitionId }) => partitionId === partition)?.leader ?? -1;
  }

  it("has topics with three copies, of which two must be there", async () => {
    const { topics } = await admin.fetchTopicMetadata({ topics: [`${PREFIX}${TOPICS.journal}`] });
    for (const { replicas } of topics[0]?.partitions ?? []) expect(replicas).toHaveLength(3);
    const name = `${PREFIX}${TOPICS.watchState}`;
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name, configNames: ["min.insync.replicas"] }],
    });
    expect(resources[0]?.configEntries[0]).toMatchObject({ configValue: "2" });
  });

  it.each([
    ["the leader of a journal partition", () => leaderOf(`${PREFIX}${TOPICS.journal}`, 0)],
    ["the coordinator of transactions and groups", () => leaderOf("__transaction_state", 0)],
  ])(
    "goes on while %s is dead, and when it is back",
    async (what, find) => {
      const node = await find();
      expect(node).toBeGreaterThan(0);
      await cluster.kill(node, "SIGKILL");
      const since = Date.now();
      await Promise.all(counters.map((counter) => progress([counter], 200)));
      numbers[`reading again without ${what}, ms`] = Date.now() - since;
      await cluster.restart(node);
      await Promise.all(counters.map((counter) => progress([counter], 200)));
    },
    120_000,
  );

  it("has copied and counted every record once, in order", async () => {
    Object.assign(numbers, await judge(log, await load.stop()));
    expect(counters.filter(({ isRunning }) => isRunning)).toHaveLength(2);
    for (const counter of counters) expect(await counter.end()).toBe(0);
    expect(numbers.acknowledged).toBeGreaterThan(1_000);
  });
});
