import { type ClickHouseClient, ClickHouseLogLevel, createClient } from "@clickhouse/client";
import { Registry } from "prom-client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { classifyStoreError } from "../../../ingest/clickhouse/classify.ts";
import type { Assignment, EventLog } from "../../../ingest/log/event-log.ts";
import { rangePut } from "../../../ingest/store/range.ts";
import { type Store, startStore } from "../../../ingest/store/store.ts";
import { GROUPS, TOPICS } from "../../../schemas/topics.ts";
import { crashingClient, crashingLog, createCrash } from "./crashing.ts";
import { type FakeClickHouse, startFakeClickHouse } from "./fake-clickhouse.ts";
import { append, caughtUp, event, silent, sleep, type TemporaryLog, temporaryLog, until } from "./fixtures.ts";

const SOURCES = [TOPICS.journal, TOPICS.dead, TOPICS.findings];
const never = new AbortController().signal;

let clickhouse: FakeClickHouse;
let client: ClickHouseClient;
let temporary: TemporaryLog;

beforeEach(async () => {
  clickhouse = await startFakeClickHouse();
  client = createClient({ url: clickhouse.url, log: { level: ClickHouseLogLevel.OFF } });
  temporary = await temporaryLog(1);
});

afterEach(async () => {
  await temporary.remove();
  await client.close();
  await clickhouse.close();
});

function start(log: EventLog = temporary.log, with_: ClickHouseClient = client): Store {
  return startStore({
    ...{ log, client: with_, database: "watchkeeper", classify: classifyStoreError, logger: silent, sleep },
    ...{ registry: new Registry(), recentIds: 1_000, now: Date.now, flushAfterMs: 10, flushEveryMs: 10 },
  });
}

const journal = (...ids: string[]) => temporary.log.append(ids.map((id) => append(event({ id }))));
const ids = () => clickhouse.rows("events").map((row) => row.id);
const committed = async () => (await temporary.log.lag(GROUPS.store, TOPICS.journal))[0]?.committed;

describe("a held store", () => {
  it("has exactly the rows before its committed offset, and goes on afterwards", async () => {
    const store = start();
    await journal("a", "b");
    await until(() => ids().length === 2);
    const release = await store.hold(never);
    await journal("c");
    await new Promise((next) => setTimeout(next, 100));
    expect(ids()).toEqual(["a", "b"]);
    expect(await committed()).toBe(2);
    release();
    await until(() => ids().length === 3);
    await store.stop();
  });

  it("is held only when what a former process began is whole", async () => {
    const crash = createCrash({ step: 1, after: true });
    const dying = start(crashingLog(temporary.log, crash), crashingClient(client, crash));
    dying.done.catch(() => undefined);
    await journal("a", "b");
    await crash.happened;
    await dying.stop().catch(() => undefined);
    expect(await committed()).toBe(0);
    const store = start();
    const release = await store.hold(never);
    expect([await committed(), ids()]).toEqual([2, ["a", "b"]]);
    release();
    await store.stop();
  });

  it("can be stopped, and leaves what waits to the next start", async () => {
    const store = start();
    await store.hold(never);
    await journal("a");
    await store.stop();
    expect(ids()).toEqual([]);
    const next = start();
    await caughtUp(temporary.log, GROUPS.store, SOURCES);
    expect(ids()).toEqual(["a"]);
    await next.stop();
  });
});

it("stores everything from a position that was set back, whatever range was stated since", async () => {
  const first = start();
  await journal("a");
  await until(() => ids().length === 1);
  await journal("b");
  await caughtUp(temporary.log, GROUPS.store, SOURCES);
  await first.stop();
  const emptied = await startFakeClickHouse();
  const other = createClient({ url: emptied.url, log: { level: ClickHouseLogLevel.OFF } });
  const setBack = (assignment: Assignment): Assignment => ({ ...assignment, committed: 0 });
  const log: EventLog = {
    ...temporary.log,
    consume: (options) =>
      temporary.log.consume({ ...options, open: (assignment) => options.open(setBack(assignment)) }),
  };
  const store = start(log, other);
  await until(() => emptied.rows("events").length === 2);
  expect(emptied.rows("events").map((row) => row.id)).toEqual(["a", "b"]);
  await store.stop();
  await other.close();
  await emptied.close();
});

it("stores what comes after a stated range whose records are gone", async () => {
  const stated = rangePut(TOPICS.journal, { from: 0, to: 0, skip: [], parts: [{ table: "events", from: 0, to: 0 }] });
  await journal("gone", "next");
  const log: EventLog = {
    ...temporary.log,
    consume: (options) =>
      temporary.log.consume({
        ...options,
        async open(assignment) {
          if (assignment.topic !== TOPICS.journal) return options.open(assignment);
          async function* readState(): AsyncGenerator<readonly [string, Buffer]> {
            yield [stated.key, Buffer.from(stated.value as string)];
          }
          const reader = await options.open({ ...assignment, readState });
          return { ...reader, handle: (records) => reader.handle(records.filter(({ offset }) => offset > 0)) };
        },
      }),
  };
  const store = start(log);
  await caughtUp(temporary.log, GROUPS.store, SOURCES);
  expect(ids()).toEqual(["next"]);
  await store.stop();
});
