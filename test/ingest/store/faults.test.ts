/** The store on the real engine, through a proxy that breaks its requests: every event once, whatever happens. */
import type { ClickHouseClient } from "@clickhouse/client";
import pino from "pino";
import { Registry } from "prom-client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { classifyPatiently, classifyStoreError, isSchemaMissing } from "../../../ingest/clickhouse/classify.ts";
import { connectStore } from "../../../ingest/clickhouse/connect.ts";
import { migrate } from "../../../ingest/clickhouse/migrate.ts";
import { type StoreOptions, startStore } from "../../../ingest/store/store.ts";
import type { EventRecord } from "../../../schemas/journal.ts";
import { GROUPS, TOPICS } from "../../../schemas/topics.ts";
import { type Fault, type FaultyProxy, startFaultyProxy } from "../../fakes/faulty-proxy.ts";
import { type RunningEngine, runEngine } from "../engine/running-engine.ts";
import { append, caughtUp, event, silent, sleep, type TemporaryLog, temporaryLog } from "./fixtures.ts";

const DAY = 86_400_000;
const EVENTS = 300;

let running: RunningEngine;
let proxy: FaultyProxy;
let client: ClickHouseClient;
/** Waits a second for an answer: no slow one comes by then. */
let hasty: ClickHouseClient;
let temporary: TemporaryLog;

beforeAll(async () => {
  running = await runEngine();
  const { engine } = running;
  proxy = await startFaultyProxy(engine.url);
  const connection = { url: proxy.url, database: engine.database, ...engine.writer };
  client = connectStore(connection);
  hasty = connectStore({ ...connection, requestTimeoutMs: 1_000 });
  temporary = await temporaryLog();
  const retention = { events: 9_000 * DAY, deadLetters: 9_000 * DAY, rollups: 9_000 * DAY };
  await migrate(running.writer, { database: engine.database, retention, logger: silent });
});

afterAll(async () => {
  await client.close();
  await hasty.close();
  await temporary.remove();
  await proxy.close();
  await running.close();
});

/** A store that waits little between attempts, what it said, and how often it tried again. */
function start(options: Partial<StoreOptions> = {}) {
  const said: string[] = [];
  const registry = new Registry();
  const store = startStore({
    ...{ log: temporary.log, client, database: running.engine.database, registry, now: Date.now },
    classify: classifyStoreError,
    logger: pino({ level: "warn" }, { write: (line: string) => void said.push(line) }),
    recentIds: 10_000,
    sleep: (ms, signal) => sleep(Math.min(ms, 50), signal),
    ...{ flushAfterMs: 20, flushEveryMs: 20 },
    ...options,
  });
  async function retries(): Promise<number> {
    const metric = await registry.getSingleMetric("watchkeeper_store_retries_total")?.get();
    return metric?.values.find(({ labels }) => labels.step === "insert")?.value ?? 0;
  }
  return { store, said, retries };
}

async function ask<R>(query: string, of: string): Promise<R[]> {
  const answer = await running.writer.query({ query, query_params: { of: `${of}-%` }, format: "JSONEachRow" });
  return answer.json<R>();
}

let runs = 0;

async function produce(change: (n: number) => Partial<EventRecord> = () => ({})): Promise<readonly EventRecord[]> {
  runs += 1;
  const events = Array.from({ length: EVENTS }, (_, n) =>
    event({ id: `${runs}-${n}`, agent: `${runs}-${n % 7}`, ...change(n) }),
  );
  await temporary.log.append(events.map((one) => append(one)));
  return events;
}

const stored = () => caughtUp(temporary.log, GROUPS.store, [TOPICS.journal, TOPICS.dead, TOPICS.findings]);

/** Each event once, in the order of the log, and in the roll-up. */
async function expectWhole(events: readonly EventRecord[]): Promise<void> {
  const { log } = temporary;
  const rows = await ask<{ id: string }>(
    "SELECT id FROM events WHERE agent LIKE {of:String} ORDER BY partition, offset",
    String(runs),
  );
  const inOrder = [0, 1].flatMap((partition) => events.filter(({ agent }) => log.partitionOf(agent) === partition));
  expect(rows.map(({ id }) => id)).toEqual(inOrder.map(({ id }) => id));
  const [sums] = await ask<Record<string, unknown>>(
    "SELECT sum(events) AS n, toString(sum(cost)) AS cost FROM events_hourly WHERE agent LIKE {of:String}",
    String(runs),
  );
  expect(sums).toEqual({ n: String(events.length), cost: String(events.length / 1000) });
}

const FAULTS: readonly (readonly [string, Fault, RegExp])[] = [
  ["a reset before the body", { kind: "reset", afterBytes: 0 }, /does not answer/],
  ["a reset within the body", { kind: "reset", afterBytes: 20_000 }, /does not answer/],
  ["an answer lost after the insert", { kind: "lost" }, /does not answer/],
  ["a 500 of something else", { kind: "status", status: 500 }, /Something else answers/],
  ["a 502 of a proxy", { kind: "status", status: 502 }, /Something else answers/],
  ["too little memory", { kind: "code", code: 241 }, /\(241, memory limit\)/],
  ["too many parts", { kind: "code", code: 252 }, /\(252, too many parts\)/],
  ["a full disk", { kind: "code", code: 243 }, /\(243, disk full\)/],
  ["a timeout of the server", { kind: "code", code: 159 }, /\(159, timeout\)/],
];

describe("the store behind a bad network", () => {
  it.each(FAULTS)("stores each event once after %s", async (_name, fault, words) => {
    const { store, said, retries } = start();
    proxy.fail(fault, 3);
    const events = await produce();
    await stored();
    expect(proxy.pending()).toBe(0);
    expect(store.problem()).toBeUndefined();
    expect(await retries()).toBe(3);
    await store.stop();
    expect(said.filter((line) => words.test(line) && line.includes("trying again"))).toHaveLength(3);
    await expectWhole(events);
  });

  it("stores each event once after answers that take too long", async () => {
    const { store, said, retries } = start({ client: hasty });
    proxy.fail({ kind: "slow" }, 3);
    const events = await produce();
    await stored();
    expect(proxy.pending()).toBe(0);
    // The engine itself may be late, too.
    expect(await retries()).toBeGreaterThanOrEqual(3);
    await store.stop();
    expect(said.filter((line) => /does not answer: Timeout.*trying again/.test(line)).length).toBeGreaterThanOrEqual(3);
    await expectWhole(events);
  });

  it("says what is wrong for as long as it lasts", async () => {
    const { store } = start();
    proxy.fail({ kind: "code", code: 252 }, 10_000);
    const events = await produce();
    await expect.poll(() => store.problem()?.code).toBe("store_unavailable");
    proxy.clear();
    await stored();
    expect(store.problem()).toBeUndefined();
    await store.stop();
    await expectWhole(events);
  });

  it("has a missing table mended before it tries again", async () => {
    let mended = 0;
    const mend: StoreOptions["mend"] = async (error) => {
      mended += isSchemaMissing(error) ? 1 : 0;
      return true;
    };
    const { store } = start({ classify: classifyPatiently, mend });
    proxy.fail({ kind: "code", code: 60 }, 2);
    proxy.fail({ kind: "code", code: 81 });
    const events = await produce();
    await stored();
    await store.stop();
    expect(mended).toBe(3);
    await expectWhole(events);
  });

  it("sets one row aside and stores all others, with resets and lost answers in between", async () => {
    const { store } = start();
    for (let n = 0; n < 4; n += 1) {
      proxy.fail({ kind: "reset", afterBytes: 100 });
      proxy.fail({ kind: "none" }, 2);
      proxy.fail({ kind: "lost" });
    }
    const events = await produce((n) => (n === 137 ? { duration_ms: "long" as unknown as number } : {}));
    await stored();
    await store.stop();
    proxy.clear();
    const bad = events[137] as EventRecord;
    await expectWhole(events.filter((one) => one !== bad));
    const letters = await ask<Record<string, string>>(
      "SELECT source, code, bytes FROM dead_letters FINAL WHERE {of:String} != '' ORDER BY arrived_at",
      String(runs),
    );
    expect(letters).toHaveLength(1);
    expect(letters[0]).toMatchObject({
      code: "store_refused",
      source: expect.stringMatching(new RegExp(`^agent-journal/${temporary.log.partitionOf(bad.agent)}/\\d+$`)),
    });
    expect(JSON.parse(Buffer.from(letters[0]?.bytes ?? "", "base64").toString())).toMatchObject({ id: bad.id });
  });
});
