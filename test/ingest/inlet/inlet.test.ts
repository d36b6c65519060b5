import { hash } from "node:crypto";
import fc from "fast-check";
import { Registry } from "prom-client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Inlet, type InletOptions, startInlet } from "../../../ingest/inlet.ts";
import { HEADERS } from "../../../ingest/kafka/headers.ts";
import type { Assignment, Commit, EventLog } from "../../../ingest/log/event-log.ts";
import { WatchkeeperError } from "../../../schemas/errors.ts";
import type { DeadLetterRecord, EventRecord } from "../../../schemas/journal.ts";
import { GROUPS, TOPICS } from "../../../schemas/topics.ts";
import { readAll } from "../../contract/event-log-contract.ts";
import { action, intakeWith } from "../intake/harness.ts";
import { type Crash, type CrashPoint, crashingLog, createCrash } from "../store/crashing.ts";
import { caughtUp, silent, sleep, type TemporaryLog, temporaryLog, until } from "../store/fixtures.ts";
import { type ForeignRecord, foreignLog, produce } from "./foreign-producer.ts";

const SECRET = `sk-proj-${"aB3".repeat(16)}`;
const BOM = "\ufeff";

let temporary: TemporaryLog;
let log: EventLog;
let registry: Registry;

beforeEach(async () => {
  temporary = await temporaryLog(1);
  log = temporary.log;
});

afterEach(() => temporary.remove());

const intake = intakeWith();
const line = (fields: object = {}) => JSON.stringify(action(fields));

function start(on: EventLog = foreignLog(log), options: Partial<InletOptions> = {}): Inlet {
  registry = new Registry();
  const quick: InletOptions["sleep"] = (ms, signal) => sleep(ms < 2_000 ? 2 : ms, signal);
  return startInlet({ ...{ log: on, intake, logger: silent, registry, now: Date.now, sleep: quick }, ...options });
}

async function read<T>(topic: typeof TOPICS.journal | typeof TOPICS.dead, from = log): Promise<T[]> {
  const records = await readAll(from, topic, `probe-${Math.random()}`);
  return records.map(({ value }) => JSON.parse(value.toString()) as T);
}
const events = (from = log) => read<EventRecord>(TOPICS.journal, from);
const letters = (from = log) => read<DeadLetterRecord>(TOPICS.dead, from);
const handled = (from = log) => caughtUp(from, GROUPS.intake, [TOPICS.events]);

/** What becomes of records, the inlet started and stopped. */
async function journal(records: readonly (ForeignRecord | string)[], options: Partial<InletOptions> = {}) {
  await produce(log, records);
  const inlet = start(undefined, options);
  await handled();
  await inlet.stop();
  await inlet.done;
  return { events: await events(), letters: await letters(), metrics: await registry.metrics() };
}

/** The inlet on a log whose commits are tampered with. */
const commitsBy = (
  commit: (step: Commit, take: Assignment["commit"]) => Promise<void>,
  options: Partial<InletOptions> = {},
) =>
  start(
    foreignLog(log, (one) => ({ ...one, commit: (step) => commit(step, (taken) => one.commit(taken)) })),
    options,
  );

describe("a record of the inlet", () => {
  it("is one event in the journal, in its agent's partition, that arrived when the log took it", async () => {
    await temporary.remove();
    temporary = await temporaryLog(4);
    log = temporary.log;
    await produce(log, [line({ agent: "a" }), line({ agent: "b", id: "7" })]);
    const inlet = start();
    await handled();
    await inlet.stop();
    const stored = await readAll(log, TOPICS.journal, "probe");
    const inletRecords = await readAll(log, TOPICS.events, "probe");
    const [a, b] = ["a", "b"].map((agent) => stored.find(({ key }) => key === agent));
    expect([a?.partition, b?.partition]).toEqual([log.partitionOf("a"), log.partitionOf("b")]);
    const position = `agent-events/${inletRecords[0]?.partition}/0`;
    expect(JSON.parse(String(a?.value))).toMatchObject({ id: position, id_source: "position", agent: "a" });
    expect(JSON.parse(String(b?.value))).toMatchObject({ id: "7", id_source: "producer", agent: "b" });
    expect(JSON.parse(String(a?.value))).toMatchObject({ arrived_at: inletRecords[0]?.timestamp });
  });

  it("is the same line with a byte order mark, line breaks, or written over several lines", async () => {
    const plain = line();
    const pretty = JSON.stringify(action(), null, 2);
    const same = [plain, `${plain}\n`, `${plain}\r\n`, BOM + plain, `\n${plain}\n\n`, `${BOM}\r\n${plain}\r\n`];
    const { events: found } = await journal([...same, pretty, `${pretty}\n`]);
    expect(found.map(({ raw }) => raw)).toEqual([...same.map(() => plain), pretty, pretty]);
    expect(new Set(found.map(({ content }) => content)).size).toBe(2);
    expect(new Set(found.map(({ id }) => id)).size).toBe(8);
  });

  it("is counted and skipped when it has no value or a blank one", async () => {
    const blank = ["", "\n", " \t\r\n", BOM, `${BOM}\n`].map((value) => ({ value }));
    const { metrics, ...found } = await journal([{ value: null }, ...blank, { value: null }]);
    expect(found).toEqual({ events: [], letters: [] });
    expect(metrics).toContain('watchkeeper_inlet_records_skipped_total{why="null"} 2');
    expect(metrics).toContain('watchkeeper_inlet_records_skipped_total{why="blank"} 5');
    expect(metrics).toContain('watchkeeper_inlet_lag_records{partition="0"} 0');
  });

  it("goes to the dead letters with where it came from, and stops nobody", async () => {
    const long = "x".repeat(100_000);
    const bad = ["nonsense", Buffer.from([0xff, 0xfe, 0x7b]), `[${line()}]`, `${line()}\n${line()}`, long];
    const { metrics, ...found } = await journal([...bad.map((value) => ({ value })), line()]);
    expect(found.events).toHaveLength(1);
    expect(found.letters.map(({ code, source }) => `${source} ${code}`).sort()).toEqual([
      "agent-events/0/0 not_json",
      "agent-events/0/1 invalid_utf8",
      "agent-events/0/2 not_an_object",
      "agent-events/0/3 not_json",
      "agent-events/0/4 too_long",
    ]);
    const tooLong = found.letters.find(({ code }) => code === "too_long");
    expect([tooLong?.bytes.length, tooLong?.size]).toEqual([64 * 1024, 100_000]);
    expect(metrics).toContain('watchkeeper_inlet_lines_refused_total{code="not_json"} 2');
    expect(metrics).toContain("watchkeeper_inlet_events_total 1");
    expect(metrics).toMatch(/watchkeeper_inlet_journaled_after_seconds_count \d/);
  });

  it("leaves its secrets behind, and says so", async () => {
    const { metrics, ...found } = await journal([line({ action: `use ${SECRET}` }), `broken ${SECRET}`]);
    expect(JSON.stringify(found)).not.toContain(SECRET);
    expect(metrics).toContain('watchkeeper_inlet_redactions_total{kind="openai_key"} 2');
  });
});

describe("headers of a record", () => {
  const idsOf = async (ids: readonly string[], fields: object = {}) => {
    const records = ids.map((id) => ({ value: line(fields), headers: { [HEADERS.id]: id } }));
    return (await journal(records)).events.map(({ id }) => id);
  };

  it("name a line that has no id of its own", async () => {
    expect(await idsOf(["file:9:0:17", ""])).toEqual(["file:9:0:17", "agent-events/0/1"]);
    expect((await events())[0]?.id_source).toBe("position");
  });

  it("do not go before the line's own id", async () => {
    expect(await idsOf(["other"], { id: "own" })).toEqual(["own"]);
  });

  it("are bounded, clean and still told apart", async () => {
    const long = ["x".repeat(5_000), `${"x".repeat(4_999)}y`, "z".repeat(256), "z".repeat(257)];
    const odd = ["a\u0007b", "a\u001bb", "a\u202eb", "a\nb"];
    const ids = await idsOf([...long, ...odd, `key ${SECRET}`, `key ${SECRET}2`]);
    expect(new Set(ids).size).toBe(10);
    expect(Math.max(...ids.map(({ length }) => length))).toBe(256);
    for (const id of ids) expect(id).not.toMatch(/[\p{Cc}\p{Cf}]|sk-proj/u);
    expect(ids[4]).toBe(`a\ufffdb~${hash("sha256", "a\u0007b").slice(0, 16)}`);
  });

  it("mark history that is brought in, by a 1 alone", async () => {
    const values = ["1", "0", "true", ""];
    const { events: found } = await journal(
      values.map((value) => ({ value: line(), headers: { [HEADERS.backfill]: value } })),
    );
    expect(found.map(({ backfill }) => backfill)).toEqual([true, undefined, undefined, undefined]);
  });
});

describe("a line that nobody can digest", () => {
  const failing = (refuse: typeof intake.refuse): typeof intake => ({
    ...intake,
    refuse,
    line(bytes, ...rest) {
      if (bytes.includes("poison")) throw new TypeError(`cannot read ${bytes.toString()}`);
      return intake.line(bytes, ...rest);
    },
  });
  const poison = `{"agent":"a","note":"poison ${SECRET}"}`;

  it("becomes a dead letter where intake fails, once, without its secrets", async () => {
    const found = await journal([line(), poison, line()], { intake: failing(intake.refuse) });
    expect(found.events).toHaveLength(2);
    expect(found.letters).toMatchObject([{ code: "intake_failed", source: "agent-events/0/1", size: poison.length }]);
    expect(found.letters[0]?.bytes).toContain("poison [redacted:openai_key]");
    expect(JSON.stringify(found.letters)).not.toContain("TypeError");
  });

  it("leaves a dead letter even where it cannot be searched for secrets", async () => {
    const refuse = () => {
      throw new RangeError(poison);
    };
    const found = await journal([poison, line()], { intake: failing(refuse) });
    expect(found.events).toHaveLength(1);
    expect(found.letters).toMatchObject([{ code: "intake_failed", id: "agent-events/0/0", bytes: "" }]);
    expect(found.letters[0]?.size).toBe(poison.length);
  });

  const tooLarge = () => new WatchkeeperError("a record is too large", { code: "record_too_large", verdict: "poison" });

  it("becomes a dead letter where the log does not take its event, and its neighbours are journaled", async () => {
    const ids = Array.from({ length: 9 }, (_, i) => `${i}`);
    await produce(
      log,
      ids.map((id) => line({ id, action: id === "4" ? "huge" : "read" })),
    );
    const inlet = commitsBy(async (step, take) => {
      if (step.routed?.some(({ topic, value }) => topic === TOPICS.journal && value.includes("huge"))) throw tooLarge();
      await take(step);
    });
    await handled();
    await inlet.stop();
    expect((await events()).map(({ id }) => id)).toEqual(ids.filter((id) => id !== "4"));
    expect(await letters()).toMatchObject([{ code: "log_refused", source: "agent-events/0/4" }]);
  });

  it("ends the inlet where not even its dead letter can be kept", async () => {
    await produce(log, ["nonsense"]);
    const inlet = commitsBy(() => Promise.reject(tooLarge()));
    await expect(inlet.done).rejects.toMatchObject({ code: "dead_letter_refused" });
    await inlet.stop();
    expect((await log.lag(GROUPS.intake, TOPICS.events))[0]?.committed).toBe(0);
  });
});

describe("the inlet", () => {
  it("commits a record at once when it is alone, and at most 5,000 together", async () => {
    const sizes: number[] = [];
    const inlet = commitsBy(async (step, take) => {
      await take(step);
      sizes.push(step.routed?.length ?? 0);
    });
    await produce(log, [line()]);
    await handled();
    await produce(
      log,
      Array.from({ length: 11_000 }, () => line()),
    );
    await handled();
    await inlet.stop();
    expect(sizes[0]).toBe(1);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(5_000);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(11_001);
    expect(inlet.behindMs()).toBe(0);
  });

  it("tries again while the log is away, says how far it is behind, and journals once", async () => {
    await produce(log, [line({ id: "a" }), line({ id: "b" })]);
    let tries = 0;
    let behind = -1;
    const inlet = commitsBy(async (step, take) => {
      tries += 1;
      behind = inlet.behindMs();
      if (tries < 4) throw new WatchkeeperError("away", { code: "log_unavailable", verdict: "retry" });
      await take(step);
    });
    await handled();
    expect(await registry.metrics()).toContain("watchkeeper_inlet_retries_total 3");
    await inlet.stop();
    expect(behind).toBeGreaterThanOrEqual(0);
    expect((await events()).map(({ id }) => id)).toEqual(["a", "b"]);
  });

  it("stops although the log is away, and leaves what was in hand to the next start", async () => {
    await produce(log, [line({ id: "a" })]);
    const unavailable = () =>
      Promise.reject(new WatchkeeperError("away", { code: "log_unavailable", verdict: "retry" }));
    const away = commitsBy(unavailable, { sleep: (_ms, signal) => sleep(10, signal) });
    await until(async () => /inlet_retries_total [1-9]/.test(await registry.metrics()));
    await away.stop();
    await away.done;
    expect(await events()).toEqual([]);
    const next = start();
    await handled();
    await next.stop();
    expect((await events()).map(({ id }) => id)).toEqual(["a"]);
  });

  it("leaves a partition quietly to its next owner", async () => {
    const first = start();
    await produce(log, [line({ id: "a" })]);
    await handled();
    const fenced = commitsBy(async () => {
      throw new WatchkeeperError("another owner", { code: "fenced" });
    });
    let failure: unknown;
    fenced.done.catch((error: unknown) => {
      failure = error;
    });
    await produce(log, [line({ id: "b" })]);
    const third = start();
    await handled();
    await Promise.all([first, fenced, third].map((inlet) => inlet.stop()));
    expect(failure).toBeUndefined();
    expect((await events()).map(({ id }) => id)).toEqual(["a", "b"]);
  });
});

/** Lines of a few agents, and what else anyone's producer may send. */
const anyRecord = fc.oneof(
  { weight: 4, arbitrary: fc.nat(3).map((agent) => ({ value: line({ agent: `agent-${agent}` }) })) },
  { weight: 2, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => ({ value: Buffer.from(bytes) })) },
  { weight: 1, arbitrary: fc.json().map((value) => ({ value })) },
  { weight: 1, arbitrary: fc.constantFrom(null, "", "\n", "{}", BOM).map((value) => ({ value })) },
);
const anyHeaders = fc.dictionary(
  fc.constantFrom(HEADERS.id, HEADERS.backfill, "x"),
  fc.string({ unit: "binary", maxLength: 400 }),
);
const anything = fc.tuple(anyRecord, fc.option(anyHeaders, { nil: undefined }), fc.nat(5)).map(
  ([{ value }, headers, key]): ForeignRecord => ({
    value,
    key: `${key}`,
    ...(headers === undefined ? {} : { headers }),
  }),
);

describe("whatever comes, and whenever the process dies", () => {
  /** Lives that end in crashes, then one that goes through. */
  async function live(records: readonly ForeignRecord[], points: readonly CrashPoint[]) {
    const own = await temporaryLog(2);
    const begin = (crash: Crash) => start(crashingLog(foreignLog(own.log), crash));
    try {
      // Appended in pieces, so that there are several batches to die in.
      const step = Math.ceil(records.length / (points.length + 1));
      for (let life = 0; life <= points.length; life += 1) {
        await produce(own.log, records.slice(life * step, (life + 1) * step));
        const crash = createCrash(points[life]);
        const inlet = begin(crash);
        await Promise.race([crash.happened, handled(own.log)]);
        await inlet.stop();
      }
      const last = begin(createCrash(undefined));
      await handled(own.log);
      await last.stop();
      return { events: await events(own.log), letters: await letters(own.log) };
    } finally {
      await own.remove();
    }
  }

  it("makes of each record one event, one dead letter, or nothing", async () => {
    const point = fc.record({ step: fc.nat(3), after: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(
        fc.array(anything, { minLength: 1, maxLength: 60 }),
        fc.array(point, { maxLength: 4 }),
        async (records, points) => {
          const found = await live(records, points);
          const calm = await live(records, []);
          const sorted = (all: readonly { readonly id: string }[]) => all.map(({ id }) => id).sort();
          expect(sorted(found.events)).toEqual(sorted(calm.events));
          expect(sorted(found.letters)).toEqual(sorted(calm.letters));
          const isEmpty = ({ value }: ForeignRecord) => value === null || /^\ufeff?[ \t\r\n]*$/.test(value.toString());
          const full = records.filter((record) => !isEmpty(record)).length;
          expect(found.events.length + found.letters.length).toBe(full);
        },
      ),
      { numRuns: 30 },
    );
  });

  it("keeps the order in which an agent's lines stand in a partition", async () => {
    const records = Array.from({ length: 3_000 }, (_, i) => ({
      value: i % 7 === 0 ? "nonsense" : line({ agent: `agent-${i % 5}`, id: i }),
      key: `agent-${i % 5}`,
    }));
    const found = await live(records, [
      { step: 1, after: true },
      { step: 0, after: false },
    ]);
    for (const agent of new Set(found.events.map((one) => one.agent))) {
      const ids = found.events.filter((one) => one.agent === agent).map(({ id }) => Number(id));
      expect(ids).toEqual([...ids].sort((a, b) => a - b));
    }
    expect(found.events.length + found.letters.length).toBe(3_000);
  });
});
