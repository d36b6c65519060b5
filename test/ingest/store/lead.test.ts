import { type ClickHouseClient, ClickHouseLogLevel, createClient } from "@clickhouse/client";
import { Registry } from "prom-client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { classifyStoreError } from "../../../ingest/clickhouse/classify.ts";
import { createBackfillNotes, type FollowTopic } from "../../../ingest/store/backfill-notes.ts";
import type { Lead } from "../../../ingest/store/lead.ts";
import { type Store, type StoreOptions, startStore } from "../../../ingest/store/store.ts";
import { TOPICS } from "../../../schemas/topics.ts";
import { type FakeClickHouse, startFakeClickHouse } from "./fake-clickhouse.ts";
import { append, event, silent, sleep, type TemporaryLog, temporaryLog, until } from "./fixtures.ts";

let clickhouse: FakeClickHouse;
let client: ClickHouseClient;
let temporary: TemporaryLog;

beforeEach(async () => {
  clickhouse = await startFakeClickHouse();
  client = createClient({ url: clickhouse.url, log: { level: ClickHouseLogLevel.OFF } });
  temporary = await temporaryLog(4);
});

afterEach(async () => {
  await temporary.remove();
  await client.close();
  await clickhouse.close();
});

interface Led {
  readonly store: Store;
  readonly leads: Lead[];
  stops(): number;
}

function start(options: Partial<StoreOptions> = {}): Led {
  const leads: Lead[] = [];
  let stops = 0;
  const store = startStore({
    ...{ log: temporary.log, client, database: "watchkeeper", classify: classifyStoreError, logger: silent },
    ...{ registry: new Registry(), recentIds: 1_000, now: Date.now, sleep, flushAfterMs: 5, flushEveryMs: 5 },
    onLead(lead) {
      leads.push(lead);
      return {
        stop: async () => {
          stops += 1;
        },
      };
    },
    ...options,
  });
  return { store, leads, stops: () => stops };
}

async function leadOf({ leads }: Led): Promise<Lead> {
  await until(() => leads.length > 0);
  return leads[0] as Lead;
}

const history = (id: string, agent: string) =>
  temporary.log.append([append(event({ id, agent, backfill: true })), append(event({ id: `${id}-now`, agent }))]);

async function notesOf(lead: Lead): Promise<Map<number, number>> {
  const notes = new Map<number, number>();
  await lead.followBackfill((partition, offset) => void notes.set(partition, offset));
  return notes;
}

describe("the member that owns partition 0", () => {
  it("leads alone, keeps what a job records for its successor, and is stopped with the partition", async () => {
    const first = start();
    const lead = await leadOf(first);
    expect(lead.recorded("learning")).toBeUndefined();
    expect(await lead.record("learning", "one")).toBe(true);
    expect(lead.recorded("learning")).toBe("one");
    await first.store.stop();
    expect([first.leads.length, first.stops()]).toEqual([1, 1]);

    const second = start();
    expect((await leadOf(second)).recorded("learning")).toBe("one");
    expect(await lead.record("learning", "two")).toBe(false);
    await second.store.stop();
  });

  it("gives the partition up, its batch stored, also while a job does not end", async () => {
    const stuck = start({
      onLead: () => ({ stop: () => new Promise<void>(() => undefined) }),
      sleep: (ms, signal) => sleep(ms === 3_000 ? 1 : ms, signal),
    });
    await history("a", "agent-0");
    await until(() => clickhouse.rows("events").length === 2);
    await stuck.store.stop();
    const next = start();
    await leadOf(next);
    await next.store.stop();
  });

  it("hears of history that is stored in any partition, and of what was stored before it led", async () => {
    const agents = Array.from({ length: 12 }, (_, n) => `agent-${n}`);
    const partitions = new Set(agents.map((agent) => temporary.log.partitionOf(agent)));
    expect(partitions.size).toBe(4);
    const first = start();
    const notes = await notesOf(await leadOf(first));
    for (const agent of agents) await history("a", agent);
    await until(() => notes.size === 4);
    await until(() => clickhouse.rows("events").length === 24);
    await first.store.stop();

    const second = start();
    const known = await notesOf(await leadOf(second));
    await until(() => known.size === 4);
    expect(known).toEqual(notes);
    await temporary.log.append([append(event({ id: "plain", agent: "agent-0" }))]);
    await until(() => clickhouse.rows("events").length === 25);
    expect(known).toEqual(notes);
    await second.store.stop();
  });
});

describe("notes of other processes", () => {
  it("are read from the topic that all of them write", async () => {
    const topics: string[] = [];
    const followTopic: FollowTopic = async (topic, take) => {
      topics.push(topic);
      take(7, "note:backfill", Buffer.from('{"version":1,"offset":41}'));
      take(7, "range:agent-journal", Buffer.from("{}"));
      take(8, "note:backfill", null);
      return { stop: async () => {} };
    };
    const heard: number[][] = [];
    await createBackfillNotes(followTopic).follow((partition, offset) => void heard.push([partition, offset]));
    expect([topics, heard]).toEqual([[TOPICS.storeState], [[7, 41]]]);
  });
});
