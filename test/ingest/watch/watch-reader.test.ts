import fc from "fast-check";
import { Registry } from "prom-client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { EventLog } from "../../../ingest/log/event-log.ts";
import type { CoreContext } from "../../../ingest/watch/core.ts";
import { startWatch, type Watch, type WatchOptions } from "../../../ingest/watch-reader.ts";
import type { JournalRecord } from "../../../schemas/journal.ts";
import { GROUPS, TOPICS } from "../../../schemas/topics.ts";
import { type Crash, type CrashPoint, crashingLog, createCrash } from "../store/crashing.ts";
import { append, event, silent, sleep, type TemporaryLog, temporaryLog, until } from "../store/fixtures.ts";
import { type FakeCores, fakeCore, fakeCores } from "./fake-core.ts";

const START = 1_769_524_332_000;

let temporary: TemporaryLog;
let log: EventLog;
let cores: FakeCores;
let registry: Registry;
/** Looks at what is due, between records. */
let looks = 0;

beforeEach(async () => {
  temporary = await temporaryLog(1);
  log = temporary.log;
  cores = fakeCores();
  registry = new Registry();
});

afterEach(() => temporary.remove());

function start(options: Partial<WatchOptions<string>> = {}, crash: Crash = createCrash(undefined), on = log): Watch {
  registry = new Registry();
  return startWatch({
    log: crashingLog(on, crash),
    openCore: cores.open,
    recentIds: 1_000,
    logger: silent,
    registry,
    now: () => START,
    sleep(_ms, signal) {
      looks += 1;
      return sleep(2, signal);
    },
    checkpointEveryMs: 1_000_000,
    ...options,
  });
}

/** Resolves when what was due before it was called has been seen to. */
async function looked(): Promise<void> {
  const before = looks;
  await until(() => looks > before + 5);
}

const core = () => {
  const one = cores.cores.get(0);
  if (one === undefined) throw new Error("no partition is open");
  return one;
};
const processedIds = () => core().processed.map((record) => (record.type === "event" ? record.id : record.type));
const journal = (ids: readonly string[], at = START, agent = "a") =>
  log.append(ids.map((id) => append(event({ id, agent, arrived_at: at }))));

/** All records of a topic's only partition. */
async function readAll(from: EventLog, topic: typeof TOPICS.findings | typeof TOPICS.journal): Promise<string[]> {
  const values: string[] = [];
  const [end = 0] = (await from.lag("probe", topic)).map((lag) => lag.end);
  const member = from.consume({
    group: `probe-${Math.random()}`,
    topics: [topic],
    open: async ({ beginning }) => ({
      startAt: beginning,
      handle: async (records) => {
        values.push(...records.map(({ value }) => value.toString()));
      },
      close: async () => {},
    }),
  });
  await until(() => values.length >= end);
  await member.stop();
  return values;
}

describe("the watch's reader", () => {
  it("judges each record once, repeats left out, and releases what is durable", async () => {
    const watch = start();
    await until(() => cores.cores.has(0));
    await journal(["1", "2", "2", "3"]);
    await until(() => core().released.length > 0);
    await watch.stop();
    await watch.done;
    expect(processedIds()).toEqual(["1", "2", "3"]);
    expect(await readAll(log, TOPICS.findings)).toEqual(["third:a:3"]);
    expect(core().released).toEqual([{ finding: "third:a:3", context: { partition: 0, catchingUp: false } }]);
  });

  it("lets records for other keys leave once all that stood in the log is judged", async () => {
    await journal(["1", "2", "3"]);
    const openCore = (context: CoreContext) => {
      const opened = cores.open(context);
      opened.owed.push("another");
      return opened;
    };
    const watch = start({ openCore });
    await until(() => cores.cores.get(0)?.processed.length === 4);
    await watch.stop();
    expect(core().caughtUpAfter).toBe(3);
    expect(processedIds()).toEqual(["1", "2", "3", "tick"]);
  });

  it("puts what the core opens with into the journal before it is said to be open, and judges it there", async () => {
    await journal(["1"]);
    const config = { topic: TOPICS.journal, key: "", value: JSON.stringify({ type: "config", at: START }) };
    const watch = start({ openCore: (context) => ({ ...cores.open(context), opening: () => [config] }) });
    await watch.opened;
    await journal(["2"]);
    await until(() => cores.cores.get(0)?.processed.length === 3);
    await watch.stop();
    expect(processedIds()).toEqual(["1", "config", "2"]);
  });

  it("starts again where the last checkpoint stands and still knows the repeats of before", async () => {
    const first = start();
    await journal(["1", "2"]);
    await until(() => cores.cores.get(0)?.processed.length === 2);
    await first.stop();
    await journal(["1", "2", "4"]);
    const second = start();
    await until(() => core().released.length > 0);
    await second.stop();
    expect(processedIds()).toEqual(["4"]);
    expect(core().agents.get("a")?.count).toBe(3);
    expect(core().released[0]?.context.catchingUp).toBe(true);
  });

  it("writes every dirty key in sweeps and commits the offset at which the sweep began", async () => {
    let time = START;
    const watch = start({ now: () => time, checkpointEveryMs: 1_000, tickEveryMs: 1e9 });
    const agents = Array.from({ length: 300 }, (_, i) => `agent-${i}`);
    await log.append(agents.map((agent) => append(event({ id: agent, agent, arrived_at: START + 1e6 }))));
    await until(() => cores.cores.get(0)?.processed.length === 300);
    expect((await log.lag(GROUPS.watch, TOPICS.journal))[0]?.committed).toBe(0);
    time += 1_001;
    await until(async () => (await log.lag(GROUPS.watch, TOPICS.journal))[0]?.committed === 300);
    const crash = createCrash({ step: 0, after: false });
    await watch.stop();
    cores.cores.delete(0);
    const next = start({}, crash);
    await until(() => cores.cores.get(0)?.agents.size === 300);
    await next.stop();
    expect(core().processed).toEqual([]);
  });

  it("ticks when a timer is due and the partition is quiet, and not before", async () => {
    let time = START;
    const watch = start({ now: () => time });
    await journal(["1"]);
    await until(() => cores.cores.get(0)?.processed.length === 1);
    time = START + 999;
    await looked();
    expect(core().processed).toHaveLength(1);
    time = START + 1_000;
    await until(() => core().released.length === 1);
    await looked();
    await watch.stop();
    expect(processedIds()).toEqual(["1", "tick"]);
    expect(core().released[0]?.finding).toBe(`quiet:a:${START + 1_000}`);
  });

  it("does not tick again and again for a timer that stays due", async () => {
    let time = START;
    const watch = start({
      now: () => time,
      openCore: (context) => ({ ...cores.open(context), nextDue: () => 0 }),
    });
    const ticks = async () => (await readAll(log, TOPICS.journal)).length;
    await until(async () => (await ticks()) === 1);
    await looked();
    expect(await ticks()).toBe(1);
    time += 1_000;
    await until(async () => (await ticks()) === 2);
    await watch.stop();
  });

  it("does not tick while records wait to be judged", async () => {
    await journal(Array.from({ length: 5_000 }, (_, i) => `${i}`));
    const openCore = (context: CoreContext) => {
      const one = cores.open(context);
      return { ...one, nextDue: () => (one.processed.length < 5_000 ? 0 : undefined) };
    };
    const watch = start({ openCore });
    await until(() => cores.cores.get(0)?.processed.length === 5_000);
    await watch.stop();
    expect(await readAll(log, TOPICS.journal)).toHaveLength(5_000);
  });

  it("judges and stops in time while the log does not say where it ends", async () => {
    let asked = 0;
    const isAtEnd = () => {
      asked += 1;
      return new Promise<never>(() => undefined);
    };
    const silentLog: EventLog = {
      ...log,
      consume: (options) => log.consume({ ...options, open: (assignment) => options.open({ ...assignment, isAtEnd }) }),
    };
    const patient = (ms: number, signal: AbortSignal) => sleep(ms === 1_000 ? 60_000 : 2, signal);
    const watch = start({ sleep: patient }, createCrash(undefined), silentLog);
    await until(() => asked === 1);
    await journal(["1", "2", "3"]);
    await until(() => core().released.length > 0);
    expect(processedIds()).toEqual(["1", "2", "3"]);
    await watch.stop();
  });

  it("ends when the core fails, and writes no state of what it half took in", async () => {
    await journal(["1"]);
    const openCore = (context: CoreContext) => ({
      ...cores.open(context),
      process: () => {
        throw new Error("broken core");
      },
    });
    const watch = start({ openCore });
    await expect(watch.done).rejects.toThrow("broken core");
    await watch.stop();
    expect((await log.lag(GROUPS.watch, TOPICS.journal))[0]?.committed).toBe(0);
  });

  it("skips what nobody can read and counts it", async () => {
    const watch = start();
    await log.append([{ topic: TOPICS.journal, key: "a", value: "[]" }]);
    await journal(["1"]);
    await until(() => cores.cores.get(0)?.processed.length === 1);
    expect(await registry.metrics()).toContain("watchkeeper_watch_unreadable_records_total 1");
    await watch.stop();
  });

  it("puts out the same, whenever the process dies", async () => {
    const record = fc.record({ agent: fc.nat(3), number: fc.nat(40), wait: fc.nat(600), isTick: fc.nat(6) });
    const batches = fc.array(fc.array(record, { maxLength: 15 }), { minLength: 1, maxLength: 6 });
    const point = fc.record({ step: fc.nat(10), after: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(batches, fc.array(point, { maxLength: 5 }), async (records, points) => {
        const { lived, expected } = await live(records, points);
        expect(lived).toEqual(expected);
      }),
      { numRuns: 25 },
    );
  });
});

type Batches = readonly (readonly { agent: number; number: number; wait: number; isTick: number }[])[];

/** What was put out and remembered by lives that ended in crashes, and what the core alone makes of the same journal. */
async function live(batches: Batches, points: readonly CrashPoint[]) {
  const own = await temporaryLog(1);
  cores = fakeCores();
  let time = START;
  try {
    for (let life = 0; life < Math.max(batches.length, points.length + 1); life += 1) {
      const crash = createCrash(points[life]);
      // A sweep after every batch; no ticks but those of the batches.
      const watch = start({ now: () => ++time, checkpointEveryMs: 1, tickEveryMs: 1e12, ...NO_TICKS }, crash, own.log);
      let arrival = START + life * 10_000;
      const records = (batches[life] ?? []).map(({ agent, number, wait, isTick }) => {
        arrival += wait;
        if (isTick === 0) return append({ type: "tick", ...{ at: arrival } });
        return append(event({ id: `${agent}-${number}`, agent: `agent-${agent}`, arrived_at: arrival }));
      });
      await own.log.append(records);
      await Promise.race([crash.happened, judged(own.log)]);
      await watch.stop();
    }
    const last = start({ now: () => ++time, ...NO_TICKS }, createCrash(undefined), own.log);
    await judged(own.log);
    await last.stop();
    const outputs = [...new Set(await readAll(own.log, TOPICS.findings))];
    const lived = { outputs, agents: [...core().agents].sort() };
    return { lived, expected: judgeAlone(await readAll(own.log, TOPICS.journal)) };
  } finally {
    await own.remove();
  }
}

function judgeAlone(journal: readonly string[]) {
  const alone = fakeCore();
  const seen = new Set<string>();
  journal.forEach((text, offset) => {
    const record = JSON.parse(text) as JournalRecord;
    if (record.type === "event" && seen.has(record.id)) return;
    if (record.type === "event") seen.add(record.id);
    alone.process(record, { partition: 0, offset });
  });
  return { outputs: [...alone.takeOutputs().changed], agents: [...alone.agents].sort() };
}

const NO_TICKS: Partial<WatchOptions<string>> = {
  openCore: (context) => ({ ...cores.open(context), nextDue: () => undefined }),
};

/** The newest owner has judged all and its outputs are durable: the metric of the lag says so. */
async function judged(from: EventLog): Promise<void> {
  const [end = 0] = (await from.lag(GROUPS.watch, TOPICS.journal)).map((lag) => lag.end);
  if (end === 0) return;
  await until(async () => /watch_lag_records\{partition="0"\} 0$/m.test(await registry.metrics()));
}
