import { type ClickHouseClient, ClickHouseLogLevel, createClient } from "@clickhouse/client";
import fc from "fast-check";
import { Registry } from "prom-client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { classifyStoreError } from "../../../ingest/clickhouse/classify.ts";
import type { EventLog } from "../../../ingest/log/event-log.ts";
import { type Store, type Stored, type StoreOptions, startStore } from "../../../ingest/store/store.ts";
import type { EventRecord } from "../../../schemas/journal.ts";
import { GROUPS, TOPICS } from "../../../schemas/topics.ts";
import { type Crash, type CrashPoint, crashingClient, crashingLog, createCrash } from "./crashing.ts";
import { type FakeClickHouse, POISON, startFakeClickHouse } from "./fake-clickhouse.ts";
import { append, caughtUp, event, silent, sleep, type TemporaryLog, temporaryLog, until } from "./fixtures.ts";

const SOURCES = [TOPICS.journal, TOPICS.dead, TOPICS.findings];

let clickhouse: FakeClickHouse;
let client: ClickHouseClient;
let temporary: TemporaryLog;
let log: EventLog;

beforeEach(async () => {
  clickhouse = await startFakeClickHouse();
  client = createClient({ url: clickhouse.url, log: { level: ClickHouseLogLevel.OFF } });
  temporary = await temporaryLog();
  log = temporary.log;
});

afterEach(async () => {
  await temporary.remove();
  await client.close();
  await clickhouse.close();
});

function start(options: Partial<StoreOptions> = {}, crash: Crash = createCrash(undefined)): Store {
  return startStore({
    log: crashingLog(log, crash),
    client: crashingClient(client, crash),
    database: "watchkeeper",
    classify: classifyStoreError,
    logger: silent,
    registry: new Registry(),
    recentIds: 1_000,
    now: Date.now,
    sleep,
    flushAfterMs: 20,
    flushEveryMs: 20,
    ...options,
  });
}

const stored = () => caughtUp(log, GROUPS.store, SOURCES);
const ids = () => clickhouse.rows("events").map((row) => row.id);
const journal = (events: readonly EventRecord[]) => log.append(events.map((one) => append(one)));

describe("the store group", () => {
  it("stores an event soon, with its position, and leaves no repeat and no record out", async () => {
    const seen: Stored[] = [];
    const store = start({ onStored: (range) => seen.push(range) });
    await journal([event({ id: "a" }), event({ id: "b", backfill: true }), event({ id: "a" })]);
    await log.append([append({ type: "tick", agent: "competitor_monitor" })]);
    await stored();
    await store.stop();
    await store.done;
    expect(ids().sort()).toEqual(["a", "b"]);
    expect(clickhouse.rows("events")[0]).toMatchObject({ topic: "agent-journal", offset: 0, cost: "0.001" });
    expect(clickhouse.rows("controls")).toHaveLength(1);
    expect(seen.reduce((sum, range) => sum + range.backfillRows, 0)).toBe(1);
  });

  it("keeps an event that carries a known id with other content", async () => {
    const store = start();
    await journal([event({ id: "a" }), event({ id: "a", content: "f".repeat(32) })]);
    await stored();
    await store.stop();
    expect(ids()).toEqual(["a", "a"]);
  });

  it.each(["reset", "lost", 241, 252, 243] as const)("tries again after %s and stores once", async (fault) => {
    clickhouse.faults.push(fault, fault);
    const store = start();
    const events = Array.from({ length: 300 }, (_, i) => event({ id: `e${i}` }));
    await journal(events);
    await stored();
    await store.stop();
    expect(ids().sort()).toEqual(events.map(({ id }) => id).sort());
  });

  it("waits for a store that is away and stores everything once when it is back", async () => {
    clickhouse.isDown = true;
    const store = start({ flushRows: 10 });
    const events = Array.from({ length: 500 }, (_, i) => event({ id: `e${i}` }));
    for (let at = 0; at < events.length; at += 10) await journal(events.slice(at, at + 10));
    await until(async () => (await log.lag(GROUPS.store, TOPICS.journal)).some(({ end }) => end > 400));
    expect(clickhouse.rows("events")).toEqual([]);
    clickhouse.isDown = false;
    await stored();
    await store.stop();
    expect(new Set(ids()).size).toBe(500);
    expect(ids()).toHaveLength(500);
  });

  it("lets partitions gather longer when it holds many of them, and a quiet one still be quick", async () => {
    const many = await temporaryLog(8);
    const waits: number[] = [];
    const store = start({
      log: many.log,
      ...{ now: () => 0, flushAfterMs: 20, flushEveryMs: 200 },
      sleep: (ms, signal) => {
        waits.push(ms);
        return sleep(Math.min(ms, 20), signal);
      },
    });
    const seen = () => caughtUp(many.log, GROUPS.store, SOURCES);
    for (const id of ["a", "b"]) {
      await many.log.append([append(event({ id }))]);
      await until(() => ids().includes(id));
      await seen();
    }
    await store.stop();
    await many.remove();
    expect(waits.slice(0, 2)).toEqual([20, 400]);
  });

  it("does not take the 200 of something else for stored", async () => {
    clickhouse.faults.push("foreign", "foreign");
    const store = start();
    await journal([event({ id: "a" })]);
    await stored();
    expect(ids()).toEqual(["a"]);
    expect([clickhouse.faults, clickhouse.tokens.length]).toEqual([[], 1]);
    await store.stop();
  });

  it("sets the one row aside that cannot be stored, and stores all others", async () => {
    const store = start();
    const events = Array.from({ length: 64 }, (_, i) => event({ id: `e${i}`, ...(i === 37 ? { tool: POISON } : {}) }));
    await journal(events);
    await stored();
    await store.stop();
    expect(ids()).toHaveLength(63);
    expect(ids()).not.toContain("e37");
    const [letter, ...others] = clickhouse.rows("dead_letters");
    expect(others).toEqual([]);
    expect(letter).toMatchObject({ code: "store_refused", encoding: "base64" });
    expect(Buffer.from(String(letter?.bytes), "base64").toString()).toContain('"e37"');
  });

  it("sends what nobody can read to the dead letters and goes on", async () => {
    const store = start();
    await log.append([{ topic: TOPICS.journal, key: "x", value: "not json" }]);
    await journal([event({ id: "a" })]);
    await stored();
    await until(() => clickhouse.rows("dead_letters").length > 0);
    await store.stop();
    expect(ids()).toEqual(["a"]);
    expect(clickhouse.rows("dead_letters")).toMatchObject([{ code: "unreadable_record" }]);
  });

  it("ends with what no retry can mend", async () => {
    const store = start();
    clickhouse.faults.push(516);
    await journal([event({ id: "a" })]);
    await expect(store.done).rejects.toMatchObject({ code: "store_misconfigured", verdict: "fatal" });
    await store.stop();
  });

  it("stops within seconds while the store is away and leaves everything to the next start", async () => {
    clickhouse.isDown = true;
    const hurried = (ms: number, signal: AbortSignal) => sleep(Math.min(ms, 50), signal);
    const store = start({ sleep: hurried });
    await journal([event({ id: "a" }), event({ id: "b" })]);
    await until(async () => (await log.lag(GROUPS.store, TOPICS.journal)).some(({ end }) => end > 0));
    await store.stop();
    await store.done;
    clickhouse.isDown = false;
    const next = start();
    await stored();
    await next.stop();
    expect(ids().sort()).toEqual(["a", "b"]);
  });

  it("stores every accepted event once, whenever the process dies", async () => {
    const point = fc.record({ step: fc.nat(12), after: fc.boolean() });
    const batch = fc.array(fc.record({ number: fc.nat(60), agent: fc.nat(3), isPoison: fc.nat(15) }), {
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(fc.array(batch, { minLength: 1, maxLength: 6 }), fc.array(point, { maxLength: 5 }), survives),
      { numRuns: 25 },
    );
  });
});

let runs = 0;

/** Lives through one crash after another while events come in, then compares what is stored. */
async function survives(
  batches: readonly (readonly { number: number; agent: number; isPoison: number }[])[],
  points: readonly CrashPoint[],
): Promise<void> {
  runs += 1;
  const run = runs;
  const accepted = new Map<string, EventRecord>();
  for (let life = 0; life < Math.max(batches.length, points.length + 1); life += 1) {
    const crash = createCrash(points[life]);
    const store = start({ flushRows: 5, flushAfterMs: 2 }, crash);
    const events = (batches[life] ?? []).map(({ number, agent, isPoison }) => {
      const id = `${run}-${agent}-${number}`;
      // The same id is always the same event, as with a client that retries.
      return accepted.get(id) ?? event({ id, agent: `agent-${agent}`, ...(isPoison === 0 ? { tool: POISON } : {}) });
    });
    for (const one of events) accepted.set(one.id, accepted.get(one.id) ?? one);
    await log.append(events.map((one) => append(accepted.get(one.id) as EventRecord)));
    await Promise.race([crash.happened, stored()]);
    await store.stop();
  }
  const last = start({ flushRows: 5, flushAfterMs: 2 });
  await stored();
  await last.stop();

  const mine = (id: unknown) => String(id).startsWith(`${run}-`);
  const good = [...accepted.values()].filter(({ tool }) => tool !== POISON).map(({ id }) => id);
  expect(ids().filter(mine).sort()).toEqual(good.sort());
  const letters = clickhouse
    .rows("dead_letters")
    .map((row) => (JSON.parse(Buffer.from(String(row.bytes), "base64").toString()) as EventRecord).id);
  const bad = [...accepted.values()].filter(({ tool }) => tool === POISON).map(({ id }) => id);
  expect(letters.filter(mine).sort()).toEqual(bad.sort());
}
