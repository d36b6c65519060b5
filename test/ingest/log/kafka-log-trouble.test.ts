/** A broker that closes idle connections, deletes what nobody has read yet, stands still, or is not there. */
import { randomBytes } from "node:crypto";
import { createServer, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import kafkajs from "kafkajs";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { withinTime } from "../../../ingest/log/kafka/time-limit.ts";
import { type KafkaLog, type KafkaLogOptions, openKafkaLog } from "../../../ingest/log/kafka-log.ts";
import { TOPICS } from "../../../schemas/topics.ts";
import { recordingReader } from "../../contract/event-log-contract.ts";
import { kafkaAvailable } from "../../kafka/available.ts";
import { type Cluster, startBroker } from "../../kafka/broker.ts";

/** Longer than a member may wait for the others when it joins: nothing goes over its connection meanwhile. */
const IDLE_MS = 12_000;
const MIB = 1024 ** 2;
/** Whoever calls hears by then that Kafka takes nothing. */
const ANSWER_MS = 15_000;

/** Text that no codec makes smaller than three quarters. */
const dense = (bytes: number) => randomBytes((bytes / 4) * 3).toString("base64");
const journal = (key: string, value: string) => ({ topic: TOPICS.journal, key, value });
const commitAll: NonNullable<Parameters<typeof recordingReader>[3]>["handle"] = (records, assignment) =>
  assignment.commit({
    offset: (records.at(-1)?.offset ?? 0) + 1,
    puts: [{ topic: TOPICS.watchState, key: "newest", value: records.at(-1)?.value.toString() ?? "" }],
  });

function open(brokers: readonly string[], more: Partial<KafkaLogOptions> = {}): Promise<KafkaLog> {
  return openKafkaLog({
    connection: { brokers, ssl: false },
    ...{ clientId: "trouble", partitions: 1, inletPartitions: 1 },
    ...{ inletRetentionMs: 3_600_000, journalRetentionMs: 3_600_000 },
    logger: pino({ level: process.env.KAFKA_TEST_LOG ?? "silent" }, pino.destination(2)),
    onGap: (gap) => {
      throw new Error(`a gap: ${JSON.stringify(gap)}`);
    },
    ...more,
  });
}

describe.runIf(kafkaAvailable().own)("the event log and a broker in trouble", () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await startBroker({ properties: { "connections.max.idle.ms": String(IDLE_MS) } });
  });
  afterAll(async () => await cluster?.stop());

  async function opened(more: Partial<KafkaLogOptions>): Promise<KafkaLog> {
    const log = await open(cluster.brokers, more);
    onTestFinished(() => log.close());
    return log;
  }

  it("appends and commits on after the broker closed what was idle", async () => {
    const log = await opened({ prefix: "idle-" });
    const reader = recordingReader(log, "g", TOPICS.journal, { handle: commitAll });
    for (const round of [1, 2]) {
      await log.append([journal("a", `${round}`)]);
      await expect.poll(() => reader.records).toHaveLength(round);
      expect(reader.assignments).toHaveLength(1);
      if (round === 1) await delay(1.5 * IDLE_MS);
    }
    expect(reader.records.map(({ value }) => value.toString())).toEqual(["1", "2"]);
    await expect.poll(() => log.health().ok).toBe(true);
  });

  it("tells exactly what was deleted before it was read, and goes on behind it", async () => {
    const gaps: unknown[] = [];
    const log = await opened({ prefix: "deleted-", onGap: (gap) => void gaps.push(gap) });
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    onTestFinished(() => release());
    const reader = recordingReader(log, "g", TOPICS.journal, { maxBatchBytes: 1, handle: () => held });
    await expect.poll(() => reader.assignments).toHaveLength(1);
    // More than is fetched ahead.
    for (let n = 0; n < 60; n += 1) await log.append([journal("a", String(n).padEnd(100_000))]);
    const admin = new kafkajs.Kafka({ brokers: cluster.brokers, logLevel: kafkajs.logLevel.NOTHING }).admin();
    await admin.connect();
    const topic = `deleted-${TOPICS.journal}`;
    // It does not look up leaders by itself.
    await admin.fetchTopicOffsets(topic);
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: "57" }] });
    await admin.disconnect();
    release();
    await expect.poll(() => reader.records.at(-1)?.offset).toBe(59);
    const seen = reader.records.map(({ offset }) => offset);
    const from = seen.findIndex((offset, index) => offset !== index);
    expect(from).toBeGreaterThan(0);
    expect(from).toBeLessThan(57);
    expect(seen).toEqual([...Array(from).keys(), 57, 58, 59]);
    expect(gaps).toEqual([{ group: "g", topic: TOPICS.journal, partition: 0, from, to: 57 }]);
    await log.append([journal("a", "on")]);
    await expect.poll(() => reader.records.at(-1)?.value.toString()).toBe("on");
  });

  it("takes records of several mebibytes and refuses only what is too large", async () => {
    const log = await opened({ prefix: "large-" });
    const values = [1, 3, 7].map((mebibytes) => dense(mebibytes * MIB));
    const outcomes = await Promise.allSettled([
      ...values.map((value) => log.append([journal("a", value)])),
      log.append([journal("a", dense(12 * MIB))]),
      log.append([{ topic: TOPICS.events, key: "a", value: dense(2 * MIB) }]),
      log.append([journal("a", "small")]),
    ]);
    expect(
      outcomes.map((one) => (one.status === "fulfilled" ? "taken" : (one.reason as { code: string }).code)),
    ).toEqual(["taken", "taken", "taken", "record_too_large", "record_too_large", "taken"]);
    expect(log.health().ok).toBe(true);
    const reader = recordingReader(log, "g", TOPICS.journal, { handle: commitAll });
    await expect.poll(() => reader.records.length).toBeGreaterThanOrEqual(4);
    const read = new Set(reader.records.map(({ value }) => value.toString()));
    expect([...values, "small"].filter((value) => !read.has(value))).toEqual([]);
  });

  it.each([
    ["stands still", "SIGSTOP" as const, () => cluster.kill(1, "SIGCONT")],
    ["is gone", "SIGKILL" as const, () => cluster.restart(1)],
  ])("says in time that the broker %s, and goes on by itself when it is back", async (name, signal, mend) => {
    const log = await opened({ prefix: `${name.replaceAll(" ", "-")}-` });
    const reader = recordingReader(log, "g", TOPICS.journal);
    await log.append([journal("a", "before")]);
    await expect.poll(() => reader.records).toHaveLength(1);
    const [assignment] = reader.assignments;
    await cluster.kill(1, signal);
    const calls = [
      log.append([journal("a", "lost?")]),
      assignment?.commit({ offset: 1 }),
      log.lag("g", TOPICS.journal),
    ];
    const outcomes = await Promise.allSettled(
      calls.map((call) => withinTime(Promise.resolve(call as Promise<unknown>), 2 * ANSWER_MS, "the test")),
    );
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ status: "rejected", reason: { verdict: "retry" } });
      expect(String((outcome as PromiseRejectedResult).reason)).not.toContain("the test");
    }
    expect(log.health().ok).toBe(false);
    await mend();
    // Found out without an append: who is not ready is sent none.
    await expect.poll(() => log.health().ok).toBe(true);
    await expect
      .poll(() =>
        log.append([journal("a", "after")]).then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
    await expect.poll(() => reader.records.map(({ value }) => value.toString())).toContain("after");
    expect(log.health().ok).toBe(true);
  });

  it("follows a topic on when the broker is back, in a new group, which it takes away in the end", async () => {
    const lines: string[] = [];
    const log = await opened({
      prefix: "on-",
      logger: pino({ level: "warn" }, { write: (line) => void lines.push(line) }),
    });
    const reader = recordingReader(log, "g", TOPICS.journal, { handle: commitAll });
    const seen: string[] = [];
    const follower = await log.follow(TOPICS.watchState, (_partition, _key, value) => void seen.push(String(value)));
    await log.append([journal("a", "1")]);
    await expect.poll(() => seen).toEqual(["1"]);
    const admin = new kafkajs.Kafka({ brokers: cluster.brokers, logLevel: kafkajs.logLevel.NOTHING }).admin();
    const groups = async () => {
      await admin.connect();
      const found = await admin.listGroups();
      return found.groups.map(({ groupId }) => groupId).filter((name) => name.startsWith("on-follow-"));
    };
    const [first] = await groups();
    const newer = async () => (await groups()).filter((name) => name !== first);
    lines.length = 0;
    await cluster.kill(1, "SIGKILL");
    await expect
      .poll(() => lines.some((line) => line.includes('"on-follow-') && line.includes("started again")))
      .toBe(true);
    await cluster.restart(1);
    await expect.poll(() => log.append([journal("a", "2")]).then(String, () => "")).toBe("undefined");
    await expect.poll(() => seen).toEqual(["1", "2"]);
    expect(reader.records.map(({ value }) => value.toString())).toEqual(["1", "2"]);
    expect(await newer()).not.toEqual([]);
    await Promise.all([follower.stop(), follower.stop()]);
    expect(await newer()).toEqual([]);
    await admin.disconnect();
  });

  it("ends in time while the broker is gone", async () => {
    const log = await open(cluster.brokers, { prefix: "leaving-" });
    const reader = recordingReader(log, "g", TOPICS.journal, { handle: commitAll });
    await log.append([journal("a", "1")]);
    await expect.poll(() => reader.records).toHaveLength(1);
    await cluster.kill(1, "SIGKILL");
    await withinTime(log.close(), 2 * ANSWER_MS, "closing");
    await cluster.restart(1);
  });
});

describe("the event log without a broker", () => {
  it("says where nobody answers, and what the last whole try met", async () => {
    await expect(open(["127.0.0.1:1"], { connectWithinMs: 12_000 })).rejects.toMatchObject({
      code: "log_unavailable",
      message: expect.stringMatching(/^Kafka at 127\.0\.0\.1:1 was not ready within 12 s: .*ECONNREFUSED/),
      hint: expect.stringContaining("KAFKA_BROKERS"),
    });
  });

  it("says so too where somebody takes the connection and never answers", async () => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => void sockets.add(socket));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    await expect(open([`127.0.0.1:${port}`], { connectWithinMs: 3_000 })).rejects.toMatchObject({
      code: "log_unavailable",
      message: expect.stringContaining("was not ready within 3 s"),
    });
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
});
