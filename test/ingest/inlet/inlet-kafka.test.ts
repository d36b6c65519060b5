/** The inlet on a real broker; each test has topics under a prefix of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import kafkajs, { type Admin, type Producer } from "kafkajs";
import { Registry } from "prom-client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startInlet } from "../../../ingest/inlet.ts";
import { PRODUCER_DEFAULTS } from "../../../ingest/kafka/client.ts";
import { HEADERS } from "../../../ingest/kafka/headers.ts";
import { type KafkaLog, type KafkaLogOptions, openKafkaLog } from "../../../ingest/log/kafka-log.ts";
import type { DeadLetterRecord, EventRecord } from "../../../schemas/journal.ts";
import { GROUPS, TOPICS } from "../../../schemas/topics.ts";
import { readAll } from "../../contract/event-log-contract.ts";
import { kafkaAvailable } from "../../kafka/available.ts";
import { type SharedBroker, sharedBroker } from "../../kafka/shared.ts";
import { action, intakeWith } from "../intake/harness.ts";
import { silent, sleep, until } from "../store/fixtures.ts";

const module = (path: string) => JSON.stringify(new URL(`../../../dist/${path}`, import.meta.url).href);

/** A process that does nothing but take the inlet in. */
const INTAKE = `
  const { openKafkaLog } = await import(${module("ingest/log/kafka-log.js")});
  const { startInlet } = await import(${module("ingest/inlet.js")});
  const { createIntake } = await import(${module("ingest/intake/intake.js")});
  const { Registry } = await import("prom-client");
  const { setTimeout } = await import("node:timers/promises");
  const { pino } = await import("pino");
  const logger = pino({ level: "silent" });
  const log = await openKafkaLog({ ...JSON.parse(process.argv[1]), logger, onGap: console.error });
  const sleep = (ms, signal) => setTimeout(ms, undefined, { signal }).catch(() => undefined);
  const intake = createIntake({ lineBytes: 65536, prices: [] });
  await startInlet({ log, intake, logger, registry: new Registry(), now: Date.now, sleep }).done;
`;

const line = (fields: object = {}) => JSON.stringify(action(fields));

describe.runIf(kafkaAvailable().shared)("the inlet on Kafka", () => {
  let broker: SharedBroker;
  let settings: Omit<KafkaLogOptions, "logger" | "onGap">;
  let log: KafkaLog;
  let admin: Admin;
  let producer: Producer;

  beforeEach(async () => {
    broker = await sharedBroker();
    settings = {
      connection: { brokers: broker.brokers, ssl: false },
      ...{ clientId: "inlet-test", prefix: `${randomUUID().slice(0, 8)}-`, partitions: 3, inletPartitions: 2 },
      ...{ inletRetentionMs: 3_600_000, journalRetentionMs: 3_600_000 },
    };
    log = await openKafkaLog({ ...settings, logger: silent, onGap: (gap) => expect(gap).toBeUndefined() });
    const kafka = new kafkajs.Kafka({ brokers: broker.brokers, logLevel: kafkajs.logLevel.NOTHING });
    admin = kafka.admin();
    producer = kafka.producer({ ...PRODUCER_DEFAULTS, idempotent: true, maxInFlightRequests: 1 });
    await Promise.all([admin.connect(), producer.connect()]);
  });

  afterEach(async () => {
    await log.close();
    await producer.disconnect();
    const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(settings.prefix ?? "-"));
    await admin.deleteTopics({ topics });
    await admin.disconnect();
  });

  const topic = () => `${settings.prefix}${TOPICS.events}`;
  /** The log of a cluster that was just started cannot say yet. */
  const taken = async () => {
    const lags = await log.lag(GROUPS.intake, TOPICS.events).catch(() => undefined);
    return lags?.reduce(
      (sum, { committed, end }) => ({ records: sum.records + committed, left: sum.left + end - committed }),
      {
        records: 0,
        left: 0,
      },
    );
  };
  const handled = () => until(async () => (await taken())?.left === 0);
  const read = async <T>(from: typeof TOPICS.journal | typeof TOPICS.dead): Promise<T[]> => {
    const records = await readAll(log, from, `probe-${randomUUID()}`);
    return records.map(({ value }) => JSON.parse(value.toString()) as T);
  };
  const begin = () =>
    startInlet({
      ...{ log, logger: silent, registry: new Registry(), now: Date.now, sleep },
      intake: intakeWith(),
    });

  it("takes what Java's console producer writes, by any codec, without key or header", async () => {
    const before = Date.now();
    const codecs = ["none", "gzip", "snappy", "lz4", "zstd"];
    for (const codec of codecs) {
      const lines = Array.from({ length: 50 }, (_, i) => line({ agent: codec, note: `${i} ${"again ".repeat(20)}` }));
      await broker.consoleProduce(topic(), [...lines, `no event by ${codec}`], ["--compression-codec", codec]);
    }
    const inlet = begin();
    await handled();
    await inlet.stop();
    const events = await read<EventRecord>(TOPICS.journal);
    const letters = await read<DeadLetterRecord>(TOPICS.dead);
    for (const codec of codecs) expect(events.filter(({ agent }) => agent === codec)).toHaveLength(50);
    expect(new Set(events.map(({ id }) => id)).size).toBe(250);
    expect(events.map(({ id }) => id).filter((id) => !/^agent-events\/[01]\/\d+$/.test(id))).toEqual([]);
    expect(letters.map(({ bytes }) => bytes).sort()).toEqual(codecs.map((codec) => `no event by ${codec}`).sort());
    expect(letters.map(({ source }) => source).filter((source) => !/^agent-events\/[01]\/\d+$/.test(source))).toEqual(
      [],
    );
    for (const { arrived_at } of events) {
      expect(arrived_at).toBeGreaterThanOrEqual(before);
      expect(arrived_at).toBeLessThanOrEqual(Date.now());
    }
  });

  it("takes null values, any bytes, and headers; arrival is the broker's, whatever the producer says", async () => {
    const headers = { [HEADERS.id]: "file:7:0:99", [HEADERS.backfill]: "1" };
    const messages = [
      { value: null },
      { value: Buffer.from([0xff, 0x00, 0x7b]) },
      { value: line(), headers, timestamp: "1000000000000" },
      { value: "" },
    ];
    await producer.send({ topic: topic(), messages: messages.map((message) => ({ ...message, partition: 1 })) });
    const inlet = begin();
    await handled();
    await inlet.stop();
    const [event, ...others] = await read<EventRecord>(TOPICS.journal);
    expect(others).toEqual([]);
    expect(event).toMatchObject({ id: "file:7:0:99", id_source: "position", backfill: true });
    expect(event?.arrived_at).toBeGreaterThan(Date.now() - 600_000);
    expect(await read(TOPICS.dead)).toMatchObject([
      { code: "invalid_utf8", source: "agent-events/1/1", bytes: "/wB7", encoding: "base64" },
    ]);
  });

  it("makes one event of each line through kill -9 of the processes that take them in", async () => {
    const COUNT = 60_000;
    const children: ChildProcess[] = [];
    const spawnIntake = () => {
      const args = ["--input-type=module", "--eval", INTAKE, JSON.stringify(settings)];
      const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] });
      children.push(child);
      return child;
    };
    const kill = async (child: ChildProcess) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    };
    try {
      for (let at = 0; at < COUNT; at += 5_000) {
        const numbers = Array.from({ length: 5_000 }, (_, i) => at + i);
        const value = (n: number) => (n % 50 === 7 ? `nonsense ${n}` : line({ agent: `a${n % 9}`, id: `${n}` }));
        await producer.send({ topic: topic(), messages: numbers.map((n) => ({ value: value(n) })) });
      }
      let child = spawnIntake();
      for (const share of [0.05, 0.3, 0.6]) {
        await until(async () => {
          if (child.exitCode !== null) throw new Error("the process ended by itself");
          return ((await taken())?.records ?? 0) > COUNT * share;
        });
        await kill(child);
        child = spawnIntake();
      }
      await handled();
      // What the producer itself repeated is nothing that the inlet may mend.
      expect((await taken())?.records).toBe(COUNT);
    } finally {
      await Promise.all(children.map(kill));
    }
    const ids = (await read<EventRecord>(TOPICS.journal)).map(({ id }) => Number(id));
    const letters = await read<DeadLetterRecord>(TOPICS.dead);
    expect(new Set(letters.map(({ source }) => source)).size).toBe(letters.length);
    const refused = letters.map(({ bytes }) => Number(bytes.split(" ")[1]));
    expect(refused).toHaveLength(COUNT / 50);
    expect(ids).toHaveLength(COUNT - COUNT / 50);
    expect(new Set([...ids, ...refused]).size).toBe(COUNT);
  });
});
