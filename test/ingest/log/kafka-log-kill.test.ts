/** Members and broker ended, stopped and cut off under load: every record is copied once and counted once. */
import { setTimeout as delay } from "node:timers/promises";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type KafkaLog, openKafkaLog } from "../../../ingest/log/kafka-log.ts";
import { kafkaAvailable } from "../../kafka/available.ts";
import { type Cluster, startBroker } from "../../kafka/broker.ts";
import { type Counter, judge, type Load, progress, startCounter, startLoad, takenOver } from "./kafka-counters.ts";

const PARTITIONS = 6;
const KEYS = Array.from({ length: 12 }, (_, i) => `agent-${i}`);
const WITHIN_MS = 15_000;
const numbers: Record<string, number> = {};

describe.runIf(kafkaAvailable().own)("members of a group on Kafka", () => {
  let cluster: Cluster;
  let log: KafkaLog;
  let load: Load;
  const acknowledged: string[] = [];
  const counters: Counter[] = [];
  const settings = () => ({
    brokers: cluster.brokers,
    prefix: "kill-",
    partitions: PARTITIONS,
    ...(process.env.KAFKA_TEST_LOG !== undefined && { logLevel: process.env.KAFKA_TEST_LOG }),
  });
  const start = async () => {
    const counter = await startCounter(settings());
    counters.push(counter);
    return counter;
  };
  const others = (counter: Counter) => counters.filter((one) => one !== counter && one.isRunning);

  beforeAll(async () => {
    cluster = await startBroker();
    log = await openKafkaLog({
      connection: { brokers: cluster.brokers, ssl: false },
      ...{ clientId: "test", prefix: "kill-", partitions: PARTITIONS, inletPartitions: PARTITIONS },
      ...{ inletRetentionMs: 3_600_000, journalRetentionMs: 3_600_000 },
      logger: pino({ level: "silent" }),
      onGap: (gap) => expect(gap).toBeUndefined(),
    });
    load = startLoad(log, KEYS);
    await start();
    await start();
    await progress(counters);
  });

  afterAll(async () => {
    if (Object.keys(numbers).length > 0) process.stderr.write(`${JSON.stringify(numbers)}\n`);
    await Promise.all(counters.filter(({ isRunning }) => isRunning).map((counter) => counter.kill()));
    await log?.close();
    await cluster?.stop();
  });

  it("take over what a killed one had, within 15 s, twice", async () => {
    for (const round of [1, 2]) {
      const victim = counters.find(({ isRunning }) => isRunning) as Counter;
      await start();
      await progress(counters);
      const had = victim.open();
      const since = Date.now();
      await victim.kill();
      numbers[`takeover after kill ${round}, ms`] = await takenOver(others(victim), had, since);
      expect(numbers[`takeover after kill ${round}, ms`]).toBeLessThan(WITHIN_MS);
      await progress(counters);
    }
  });

  it("take over from one that was stopped, which believes nothing of before when it goes on", async () => {
    const zombie = counters.find(({ isRunning }) => isRunning) as Counter;
    const had = zombie.open();
    expect(had.length).toBeGreaterThan(0);
    const before = Math.max(0, ...zombie.events.map(({ id = 0 }) => id));
    const since = Date.now();
    zombie.signal("SIGSTOP");
    numbers["takeover after stop, ms"] = await takenOver(others(zombie), had, since);
    expect(numbers["takeover after stop, ms"]).toBeLessThan(WITHIN_MS);
    const told = zombie.events.length;
    await delay(Math.max(0, since + 12_000 - Date.now()));
    zombie.signal("SIGCONT");
    await progress([zombie]);
    const claims = zombie.events.slice(told).flatMap(({ ids = [] }) => ids);
    expect(claims.filter((id) => id <= before)).toEqual([]);
  });

  it("go on after their connections were cut, and while members come and go", async () => {
    for (const counter of counters.filter(({ isRunning }) => isRunning)) counter.signal("SIGUSR2");
    await progress(counters, 200);
    const guest = await start();
    await progress([guest]);
    expect(await guest.end()).toBe(0);
    await progress(counters, 200);
    for (const counter of counters.filter(({ isRunning }) => isRunning)) counter.signal("SIGUSR2");
    await progress(counters, 200);
  });

  it("have copied and counted every record once, in order, also after the broker stood still", async () => {
    await cluster.kill(1, "SIGSTOP");
    await delay(3_000);
    await cluster.kill(1, "SIGCONT");
    await progress(counters, 200);
    acknowledged.push(...(await load.stop()));
    Object.assign(numbers, await judge(log, acknowledged));
    load = startLoad(log, KEYS, "again");
    await progress(counters, 200);
  });

  it("go on after the broker was killed", async () => {
    await cluster.kill(1, "SIGKILL");
    await delay(15_000);
    await cluster.restart(1);
    const since = Date.now();
    await progress(counters, 200);
    numbers["reading again after the broker came back, ms"] = Date.now() - since;
  });

  it("have then lost none, and counted every record once", async () => {
    acknowledged.push(...(await load.stop()));
    expect(counters.filter(({ isRunning }) => isRunning)).toHaveLength(2);
    Object.assign(numbers, await judge(log, acknowledged, true));
    expect(counters.flatMap(({ events }) => events).filter(({ event }) => event === "gap")).toEqual([]);
    for (const counter of counters.filter(({ isRunning }) => isRunning)) expect(await counter.end()).toBe(0);
    expect(numbers.acknowledged).toBeGreaterThan(1_000);
  });
});
