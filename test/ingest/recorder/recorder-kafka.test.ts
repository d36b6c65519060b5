import { spawn } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HEADERS } from "../../../ingest/kafka/headers.ts";
import { createRecorder } from "../../../ingest/recorder/index.ts";
import { kafkaAvailable } from "../../kafka/available.ts";
import { type Cluster, startBroker } from "../../kafka/broker.ts";
import { createInlet, readInlet, until } from "../kafka/inlet-reader.ts";

const RECORDER = pathToFileURL(join(import.meta.dirname, "../../../dist/ingest/recorder/index.js")).href;

/** Runs a program of an agent to its own end; what it printed. */
async function run(
  program: string,
  environment: Record<string, string>,
): Promise<{ code: number | null; text: string }> {
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    env: { PATH: process.env.PATH, RECORDER, ...environment },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.on("data", (chunk) => {
    text += String(chunk);
  });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, text };
}

describe.runIf(kafkaAvailable().own)("the recorder with Kafka", () => {
  let cluster: Cluster;
  let reader: Awaited<ReturnType<typeof readInlet>>;
  beforeAll(async () => {
    cluster = await startBroker();
    await createInlet(cluster.brokers);
    reader = await readInlet(cluster.brokers);
  });
  afterAll(async () => {
    await reader.stop();
    await cluster.stop();
  });
  const of = (agent: string) => reader.records.filter(({ key }) => key === agent);
  const idsOf = (agent: string) => new Set(of(agent).map(({ value }) => (JSON.parse(value) as { id: string }).id));

  it("produces events with an id of their own under the agent's name, and lets the agent end", async () => {
    const program = `
      const { createRecorder } = await import(process.env.RECORDER);
      const record = createRecorder({ agent: "ends" });
      for (let n = 0; n < 1200; n += 1) record.action("step", { details: { n } });
      process.stdout.write(JSON.stringify(await record.flush()));
    `;
    const { code, text } = await run(program, { KAFKA_BROKERS: cluster.brokers.join() });
    expect({ code, text: JSON.parse(text) as unknown }).toEqual({
      code: 0,
      text: { sent: 1200, rejected: 0, buffered: 0 },
    });
    await until(() => of("ends").length === 1200, "all events");
    expect(idsOf("ends").size).toBe(1200);
    expect(of("ends").map(({ value }) => (JSON.parse(value) as { details: { n: number } }).details.n)).toEqual(
      Array.from({ length: 1200 }, (_, n) => n),
    );
    expect(of("ends")[0]?.headers).toEqual({
      [HEADERS.schemaVersion]: "1",
      [HEADERS.producer]: "watchkeeper-recorder",
    });
  });

  it("does not load the Kafka client for an agent that speaks to a gateway", async () => {
    const program = `
      import { createRequire } from "node:module";
      const { createRecorder } = await import(process.env.RECORDER);
      const record = createRecorder({ agent: "a", url: "http://127.0.0.1:9" });
      record.action("step");
      await record.flush();
      const loaded = Object.keys(createRequire(process.env.RECORDER).cache);
      process.stdout.write(String(loaded.filter((file) => file.includes("kafkajs")).length));
    `;
    expect(await run(program, { KAFKA_BROKERS: "127.0.0.1:9" })).toEqual({ code: 0, text: "0" });
  });

  it("says what is wrong with its settings, holds what it has, and never throws", async () => {
    const told: string[] = [];
    const onError = (error: Error) => void told.push(error.message);
    const record = createRecorder({ agent: "wrong", environment: { KAFKA_BROKERS: "nowhere" }, onError });
    record.action("step");
    expect(await record.flush()).toEqual({ sent: 0, rejected: 0, buffered: 1 });
    expect(told).toEqual([expect.stringMatching(/^KAFKA_BROKERS: "nowhere" has no port/)]);
    expect(await record.close()).toMatchObject({ buffered: 1 });
  });

  it("is not stopped by a broker that is frozen", async () => {
    const told: string[] = [];
    const onError = (error: Error) => void told.push(error.message);
    const record = createRecorder({ agent: "frozen", kafka: { brokers: cluster.brokers }, timeoutMs: 3_000, onError });
    record.action("step");
    expect(await record.flush()).toMatchObject({ sent: 1 });
    await cluster.kill(1, "SIGSTOP");
    record.action("step");
    expect(await record.flush()).toEqual({ sent: 0, rejected: 0, buffered: 1 });
    expect(told[0]).toMatch(/did not answer within|Kafka/);
    await cluster.kill(1, "SIGCONT");
    for (const end = Date.now() + 90_000; record.stats().buffered > 0 && Date.now() < end; ) await record.flush();
    expect(record.stats()).toEqual({ sent: 2, rejected: 0, dropped: 0, buffered: 0 });
    await until(() => idsOf("frozen").size === 2, "both events");
    await record.close();
  });

  it("brings everything once through kill -9 of the broker, within its bounds", async () => {
    const kafka = { brokers: cluster.brokers };
    const record = createRecorder({ agent: "outlives", kafka, flushAfterMs: 20, timeoutMs: 2_000 });
    let recorded = 0;
    const some = () => {
      for (let n = 0; n < 200; n += 1) record.decision("go", { details: { n } });
      recorded += 200;
    };
    some();
    await until(() => record.stats().sent > 0, "the first events");
    await cluster.kill(1, "SIGKILL");
    some();
    expect(await record.flush()).toMatchObject({ sent: 0 });
    await cluster.restart(1);
    some();
    for (const end = Date.now() + 90_000; record.stats().buffered > 0 && Date.now() < end; ) await record.flush();
    expect(record.stats()).toEqual({ sent: recorded, rejected: 0, dropped: 0, buffered: 0 });
    await until(() => idsOf("outlives").size === recorded, "every event");
    await record.close();
  });
});
