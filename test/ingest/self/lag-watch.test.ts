import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Registry } from "prom-client";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type EmbeddedLog, openEmbeddedLog } from "../../../ingest/log/embedded-log.ts";
import { type LagWatchOptions, startLagWatch } from "../../../ingest/self/lag-watch.ts";
import type { LagRecord } from "../../../schemas/self.ts";
import { GROUPS, TOPICS } from "../../../schemas/topics.ts";
import { readAll, recordingReader } from "../../contract/event-log-contract.ts";
import { silent, sleep, until } from "../store/fixtures.ts";

const HOUR = 3_600_000;
const LIMIT = 4 * 1024 ** 2;
let directory: string;
let clock: number;
let log: EmbeddedLog;
let lagWatch: ReturnType<typeof startLagWatch> | undefined;
let registry: Registry;
let rounds = 0;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "lag-watch-"));
  clock = 1_000 * HOUR;
  log = await openEmbeddedLog({ directory, partitions: 2, limitBytes: LIMIT, now: () => clock });
  registry = new Registry();
});

afterEach(async () => {
  await lagWatch?.stop();
  lagWatch = undefined;
  await log.close();
  await rm(directory, { recursive: true, force: true });
});

function start(options: Partial<LagWatchOptions> = {}): void {
  lagWatch = startLagWatch({
    ...{ log, logger: silent, registry, now: () => clock, everyMs: 10 },
    sleep(ms, signal) {
      rounds += 1;
      return sleep(ms, signal);
    },
    ...{ retentionMs: async () => 10 * HOUR, isResponsible: () => true },
    size: { limitBytes: LIMIT, bytesBehind: log.bytesBehind },
    ...options,
  });
}

/** Resolves when the lag as it is now was judged. */
async function judged(): Promise<void> {
  const before = rounds;
  await until(() => rounds > before + 1);
}

/** Records about lag in the journal, oldest first; what they have in common with every one of them left out. */
async function said(): Promise<LagRecord[]> {
  const values = (await readAll(log, TOPICS.journal, `probe-${Math.random()}`)).map(({ value }) => value.toString());
  return values.filter((value) => value.startsWith('{"type":"lag"')).map((value) => JSON.parse(value) as LagRecord);
}

/** A group that commits what it reads. */
const follow = (group: string) =>
  recordingReader(log, group, TOPICS.journal, {
    handle: (records, assignment) => assignment.commit({ offset: (records.at(-1)?.offset ?? 0) + 1 }),
  });

const append = (value: string) => log.append([{ topic: TOPICS.journal, key: "a", value }]);

it("says that a group has not read what is older than half of the retention, and when it has caught up", async () => {
  await append("{}");
  follow(GROUPS.watch);
  await until(async () => (await log.lag(GROUPS.watch, TOPICS.journal)).every((lag) => lag.committed === lag.end));
  start();
  clock += 5 * HOUR;
  await judged();
  expect(await said()).toEqual([]);
  clock += 1;
  await until(async () => (await said()).length > 1);
  const partition = log.partitionOf("a");
  for (const { group, topic, partitions, retention_ms } of await said()) {
    expect([group, topic, partitions, retention_ms]).toEqual(["store", TOPICS.journal, [partition], 10 * HOUR]);
  }
  follow(GROUPS.store);
  await until(async () => (await said()).at(-1)?.partitions.length === 0);
  const total = (await said()).length;
  await judged();
  expect(await said()).toHaveLength(total);
});

it("says it by size where the log would refuse events", async () => {
  follow(GROUPS.watch);
  for (let n = 0; n < 40; n++) await append("x".repeat(LIMIT / 64));
  await until(async () => (await log.lag(GROUPS.watch, TOPICS.journal)).every((lag) => lag.committed === lag.end));
  start({ retentionMs: async () => undefined });
  await until(async () => (await said()).length > 0);
  expect((await said())[0]).toMatchObject({ group: "store", limit_bytes: LIMIT });
  expect((await said()).every(({ group }) => group === "store")).toBe(true);
});

it("stops while the log does not answer, and writes nothing then", async () => {
  let asked = 0;
  const appended: unknown[] = [];
  const lagWatch = startLagWatch({
    log: {
      lag: async () => [],
      overdue() {
        asked += 1;
        return new Promise(() => undefined);
      },
      append: async (records) => void appended.push(records),
    },
    ...{ logger: silent, registry, sleep, now: () => clock, everyMs: 10 },
    ...{ retentionMs: async () => HOUR, isResponsible: () => true },
  });
  await until(() => asked === 1);
  await lagWatch.stop();
  expect([asked, appended]).toEqual([1, []]);
});

it("shows the lag that was known last while the log does not answer", async () => {
  let answer = async () => [{ topic: TOPICS.journal, partition: 3, committed: 4, end: 9 }];
  const log = { lag: () => answer(), overdue: async () => [], append: async () => undefined };
  const slow = startLagWatch({
    ...{ log, logger: silent, registry, sleep, now: () => clock },
    ...{ retentionMs: async () => HOUR, isResponsible: () => false },
  });
  const known = 'watchkeeper_log_lag_records{group="store",topic="agent-journal",partition="3"} 5';
  expect(await registry.metrics()).toContain(known);
  answer = () => new Promise(() => undefined);
  expect(await registry.metrics()).toContain(known);
  await slow.stop();
});

it("leaves it to the process that judges it, and shows the lag of every group all the same", async () => {
  await append("{}");
  clock += 9 * HOUR;
  start({ isResponsible: () => false });
  await judged();
  expect(await said()).toEqual([]);
  const partition = log.partitionOf("a");
  const metrics = await registry.metrics();
  for (const group of [GROUPS.store, GROUPS.watch]) {
    const labels = `group="${group}",topic="agent-journal",partition="${partition}"`;
    expect(metrics).toContain(`watchkeeper_log_lag_records{${labels}} 1`);
  }
  expect(metrics).toContain('watchkeeper_log_lag_records{group="intake",topic="agent-events",partition="0"} 0');
});
