import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { HEADERS } from "../../../ingest/kafka/headers.ts";
import { shipFiles } from "../../../ingest/ship/ship.ts";
import type { ShipOptions, ShipSummary } from "../../../ingest/ship/ship-options.ts";
import { targetOf } from "../../../ingest/ship/target.ts";
import { kafkaAvailable } from "../../kafka/available.ts";
import { type Cluster, startBroker } from "../../kafka/broker.ts";
import { createInlet, type InletRecord, readInlet, until } from "../kafka/inlet-reader.ts";

const SHIP = pathToFileURL(join(import.meta.dirname, "../../../dist/ingest/ship/ship.js")).href;

const PROGRAM = `
import { setTimeout as pause } from "node:timers/promises";
const { shipFiles } = await import(process.env.SHIP);
await shipFiles({
  files: [process.env.FILE],
  to: { brokers: process.env.BROKERS.split(","), ssl: false },
  checkpointFile: process.env.CHECKPOINT,
  signal: new AbortController().signal,
  progress: { write: (text) => process.stderr.write(text) },
  now: Date.now,
  sleep: (ms, signal) => pause(ms, undefined, { signal }).catch(() => undefined),
  pollMs: 20,
});
`;

let cluster: Cluster;
let reader: Awaited<ReturnType<typeof readInlet>>;
let directory: string;
let file: string;
let said: string[];
let child: ChildProcess | undefined;

/** An agent of each test alone: the inlet is one for all. */
let agent: string;
let tests = 0;

const line = (n: number, more = "") =>
  `{"timestamp":"2026-01-27T14:32:15Z","agent":"${agent}","action":"a","n":${n}${more}}`;
const lines = (from: number, to: number, more = "") =>
  Array.from({ length: to - from }, (_, i) => `${line(from + i, more)}\n`).join("");
const mine = () => reader.records.filter(({ value }) => value.includes(`"agent":"${agent}"`));
const numberOf = ({ value }: InletRecord) => (JSON.parse(value) as { n: number }).n;
const identityOf = ({ headers }: InletRecord) => headers[HEADERS.id];
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

function options(changes: Partial<ShipOptions>, signal: AbortSignal): ShipOptions {
  return {
    ...{ files: [file], to: { brokers: cluster.brokers, ssl: false }, signal, pollMs: 20, now: Date.now },
    ...{ checkpointFile: join(directory, "ship.json"), progress: { write: (text: string) => said.push(text) } },
    sleep: (ms, stop) => pause(ms, undefined, { signal: stop }).catch(() => undefined),
    ...changes,
  };
}

const once = (changes: Partial<ShipOptions> = {}): Promise<ShipSummary> =>
  shipFiles(options({ stopAtEnd: true, ...changes }, new AbortController().signal));

function follow(changes: Partial<ShipOptions> = {}): { stop(): Promise<ShipSummary> } {
  const stopping = new AbortController();
  const done = shipFiles(options(changes, stopping.signal));
  done.catch(() => undefined);
  return {
    stop() {
      stopping.abort();
      return done;
    },
  };
}

function start(): ChildProcess {
  const env = {
    ...process.env,
    SHIP,
    FILE: file,
    BROKERS: cluster.brokers.join(),
    CHECKPOINT: join(directory, "c.json"),
  };
  return spawn(process.execPath, ["--input-type=module", "-e", PROGRAM], {
    env,
    stdio: ["ignore", "ignore", "inherit"],
  });
}

/** `watchkeeper ship --once`, and what it said. */
async function shipCommand(environment: Record<string, string>): Promise<{ code: number | null; text: string }> {
  const args = [join(import.meta.dirname, "../../../dist/main.js"), "ship", "--once", file];
  const running = spawn(process.execPath, args, { env: { PATH: process.env.PATH, ...environment } });
  let text = "";
  running.stderr.on("data", (chunk) => {
    text += String(chunk);
  });
  const code = await new Promise<number | null>((resolve) => running.once("close", resolve));
  return { code, text };
}

async function kill(running: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => running.once("exit", resolve));
  running.kill("SIGKILL");
  await ended;
}

describe.runIf(kafkaAvailable().own)("shipping to Kafka", () => {
  beforeAll(async () => {
    cluster = await startBroker();
    await createInlet(cluster.brokers);
    reader = await readInlet(cluster.brokers);
  });
  afterAll(async () => {
    await reader.stop();
    await cluster.stop();
  });
  beforeEach(async () => {
    tests += 1;
    agent = `agent-${tests}`;
    directory = await mkdtemp(join(tmpdir(), "watchkeeper-ship-kafka-"));
    file = join(directory, "agent.jsonl");
    said = [];
  });
  afterEach(async () => {
    child?.kill("SIGKILL");
    await rm(directory, { recursive: true, force: true });
  });

  it("brings every line as it is, in order, under its agent's name, with its position", async () => {
    await writeFile(file, `\ufeff${lines(0, 3_000)}\n  \r\n${line(3_000)}\r\nno json of "agent":"${agent}"\n`);
    const summary = await once();
    expect(summary).toMatchObject({ accepted: 3_002, rejected: 0, cutLines: 0, pending: [] });
    expect(said.join("")).toMatch(/^Shipped 3,002 lines, from 1 file/);
    await until(() => mine().length === 3_002, "all lines");
    const events = mine().filter(({ key }) => key === agent);
    expect(events.map(({ value }) => value)).toEqual(range(0, 3_001).map((n) => line(n)));
    expect(new Set(events.map(({ partition }) => partition)).size).toBe(1);
    expect(mine().find(({ key }) => key === undefined)?.value).toBe(`no json of "agent":"${agent}"`);
    expect(new Set(mine().map(identityOf)).size).toBe(3_002);
    const { headers } = events[0] as InletRecord;
    expect(headers).toEqual({
      [HEADERS.id]: expect.stringMatching(/^ship:[0-9a-f]{20}:0$/),
      [HEADERS.schemaVersion]: "1",
      [HEADERS.producer]: "watchkeeper-ship",
    });
    expect(identityOf(events[1] as InletRecord)).toMatch(new RegExp(`:${3 + line(0).length + 1}$`));
  });

  it("gives a line the same position however often it is shipped, and none beside an id of its own", async () => {
    await writeFile(file, lines(0, 5) + lines(5, 10, `,"id":"own"`));
    await once();
    await once({ checkpointFile: join(directory, "other.json") });
    await until(() => mine().length === 20, "both times");
    const [first, second] = [mine().slice(0, 10), mine().slice(10)];
    expect(second.map(identityOf)).toEqual(first.map(identityOf));
    expect(first.slice(5).map(identityOf)).toEqual(range(5, 10).map(() => undefined));
  });

  it("goes on where it stopped, and marks history", async () => {
    await writeFile(file, lines(0, 2));
    await once({ backfill: true });
    await appendFile(file, lines(2, 4));
    await once();
    await until(() => mine().length === 4, "all lines");
    expect(mine().map(({ headers }) => headers[HEADERS.backfill])).toEqual(["1", "1", undefined, undefined]);
  });

  it("brings the beginning of a line that the broker finds too large, and everything around it whole", async () => {
    // The broker's limit counts compressed bytes, and zstd finds again what stands a megabyte before.
    const long = randomBytes(2_400_000).toString("base64");
    await writeFile(file, `${lines(0, 3)}${JSON.stringify({ agent, x: `"agent":"${agent}"`, long })}\n${lines(3, 6)}`);
    expect(await once()).toMatchObject({ accepted: 7, cutLines: 1, pending: [] });
    const whole = () => mine().filter(({ value }) => value.endsWith("}"));
    await until(() => whole().length >= 6, "the lines around it");
    expect([...new Set(whole().map(numberOf))].sort()).toEqual(range(0, 6));
    const cut = reader.records.find(({ value }) => value.startsWith(`{"agent":"${agent}","x"`));
    expect(cut?.value.length).toBeGreaterThan(500_000);
  });

  it("loses no line to kill -9 of the shipper, and gives none a second identity", async () => {
    let written = 0;
    for (let round = 0; round < 5; round += 1) {
      child = start();
      const goal = mine().length + 1 + Math.floor(Math.random() * 6_000);
      while (mine().length < goal) {
        if (written < goal + 6_000) await appendFile(file, lines(written, written + 500));
        if (written < goal + 6_000) written += 500;
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      await kill(child);
    }
    child = start();
    const identities = () => new Map(mine().map((record) => [`${identityOf(record)}`, numberOf(record)]));
    await until(() => new Set(mine().map(numberOf)).size === written, "every line");
    expect(identities().size).toBe(written);
    expect([...identities().values()].sort((a, b) => a - b)).toEqual(range(0, written));
    await kill(child);
  });

  it("loses no line to kill -9 of the broker, says so, and says when it is there again", async () => {
    await writeFile(file, lines(0, 20_000));
    const follower = follow();
    await until(() => mine().length > 0, "the first lines");
    await cluster.kill(1, "SIGKILL");
    await appendFile(file, lines(20_000, 40_000));
    await until(() => said.some((text) => text.includes("nothing is lost")), "a word about the outage");
    await cluster.restart(1);
    await until(() => new Set(mine().map(numberOf)).size === 40_000, "every line");
    await until(() => said.some((text) => text.includes("Kafka answers again.")), "a word about its end");
    const summary = await follower.stop();
    expect(summary).toMatchObject({ accepted: 40_000, pending: [] });
    expect(new Set(mine().map(identityOf)).size).toBe(40_000);
  });

  it("stops while Kafka is away, and brings the same lines at the next start", async () => {
    await writeFile(file, lines(0, 3));
    const follower = follow({
      to: { brokers: ["127.0.0.1:9"], ssl: false },
      target: targetOf({ brokers: cluster.brokers, ssl: false }),
      stopWithinMs: 10,
    });
    await until(() => said.length > 0, "following");
    const { pending } = await follower.stop();
    expect(pending).toEqual([{ file, bytes: lines(0, 3).length }]);
    await once();
    await until(() => mine().length === 3, "all lines");
  });
});

describe.runIf(kafkaAvailable().own)("a Kafka that does not take lines", () => {
  it("ends with a sentence at wrong credentials, and waits for a topic that does not exist yet", async () => {
    directory = await mkdtemp(join(tmpdir(), "watchkeeper-ship-kafka-"));
    file = join(directory, "agent.jsonl");
    said = [];
    agent = "late";
    await writeFile(file, lines(0, 3));
    const own = await startBroker({ saslSsl: true });
    try {
      cluster = own;
      const follower = follow();
      await until(
        () => said.some((text) => /no topic agent-events, which `watchkeeper up` creates/.test(text)),
        "a word",
      );
      await createInlet(own.brokers);
      await until(() => said.includes("Kafka answers again.\n"), "the lines");
      expect((await follower.stop()).accepted).toBe(3);
      const { brokers = [], caFile = "", username = "", password = "" } = own.saslSsl ?? {};
      const environment = {
        ...{ KAFKA_BROKERS: brokers.join(), KAFKA_SSL: "true", KAFKA_SASL_MECHANISM: "SCRAM-SHA-512" },
        ...{
          KAFKA_SASL_USERNAME: username,
          WATCHKEEPER_DATA_DIR: join(directory, "data"),
          NODE_EXTRA_CA_CERTS: caFile,
        },
      };
      const wrong = await shipCommand({ ...environment, KAFKA_SASL_PASSWORD: `${password}x` });
      expect(wrong).toMatchObject({
        code: 1,
        text: expect.stringMatching(/^watchkeeper: Kafka: .+\nCheck KAFKA_SASL_/m),
      });
      const right = await shipCommand({ ...environment, KAFKA_SASL_PASSWORD: password });
      expect(right).toMatchObject({ code: 0, text: expect.stringContaining("Shipped 3 lines") });
    } finally {
      await own.stop();
      await rm(directory, { recursive: true, force: true });
    }
  });
});
