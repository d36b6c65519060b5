/** Starts the counting members as real processes, feeds them, and judges at the end what they wrote. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, vi } from "vitest";
import type { EventLog, LogRecord } from "../../../ingest/log/event-log.ts";
import { verdictOf } from "../../../schemas/errors.ts";
import { TOPICS } from "../../../schemas/topics.ts";
import { readAll } from "../../contract/event-log-contract.ts";

export interface CounterSettings {
  readonly brokers: readonly string[];
  readonly prefix: string;
  readonly partitions: number;
  readonly logLevel?: string;
}

/** Of a key: how many records, and the place in the inlet of the newest. */
export interface Count {
  readonly count: number;
  readonly upTo: number;
}

export interface CounterEvent {
  /** Unix milliseconds. */
  readonly at?: number;
  readonly event: "ready" | "opened" | "handled" | "closed" | "owner of" | "gap" | "failed";
  readonly group?: "copy" | "count";
  readonly partition?: number;
  /** Of the assignment, counted in its process. */
  readonly id?: number;
  readonly ids?: readonly number[];
  readonly count?: number;
  readonly detail?: string;
}

export interface Counter {
  readonly pid: number;
  readonly events: readonly CounterEvent[];
  readonly isRunning: boolean;
  signal(signal: NodeJS.Signals): void;
  /** SIGKILL, until it is dead. */
  kill(): Promise<void>;
  /** SIGTERM, until it is dead; its exit code. */
  end(): Promise<number | null>;
  /** Partitions of the counting group that it has open. */
  open(): number[];
}

const PROGRAM = fileURLToPath(new URL("kafka-counter.ts", import.meta.url));

export async function startCounter(settings: CounterSettings): Promise<Counter> {
  const child: ChildProcess = spawn(process.execPath, ["--import", "tsx", PROGRAM, JSON.stringify(settings)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  const events: CounterEvent[] = [];
  if (child.stdout === null || child.pid === undefined) throw new Error("the counter did not start");
  createInterface({ input: child.stdout }).on("line", (line) => events.push(JSON.parse(line) as CounterEvent));
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  const counter: Counter = {
    pid: child.pid,
    events,
    get isRunning() {
      return isRunning();
    },
    signal: (signal) => void child.kill(signal),
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
    async end() {
      if (isRunning()) child.kill("SIGTERM");
      await ended;
      return child.exitCode;
    },
    open() {
      const partitions = new Set<number>();
      for (const { event, group, partition = -1 } of events) {
        if (group !== "count") continue;
        if (event === "opened") partitions.add(partition);
        if (event === "closed") partitions.delete(partition);
      }
      return [...partitions].sort((a, b) => a - b);
    },
  };
  await vi.waitFor(() => expect(events.some(({ event }) => event === "ready")).toBe(true), 90_000);
  return counter;
}

/** Waits until each of the partitions was opened by one of these since then; how many milliseconds that took. */
export async function takenOver(by: readonly Counter[], partitions: readonly number[], since: number): Promise<number> {
  const openedAt = (partition: number) =>
    by.flatMap(({ events }) =>
      events
        .filter((e) => e.event === "opened" && e.group === "count" && e.partition === partition)
        .map(({ at = 0 }) => at)
        .filter((at) => at > since),
    )[0];
  await vi.waitFor(() => expect(partitions.filter((p) => openedAt(p) === undefined)).toEqual([]), {
    timeout: 90_000,
    interval: 50,
  });
  return Math.max(0, ...partitions.map((partition) => (openedAt(partition) as number) - since));
}

/** Waits until these together have handled so many more records. */
export async function progress(counters: readonly Counter[], records = 1): Promise<void> {
  const handled = () =>
    counters
      .flatMap(({ events }) => events)
      .filter(({ event, group }) => event === "handled" && group === "count")
      .reduce((sum, { count = 0 }) => sum + count, 0);
  const before = handled();
  const failures = () => counters.flatMap(({ events }) => events.filter(({ event }) => event === "failed"));
  await vi.waitFor(
    () => {
      if (failures().length === 0) expect(handled()).toBeGreaterThanOrEqual(before + records);
    },
    { timeout: 90_000, interval: 50 },
  );
  expect(failures()).toEqual([]);
}

export interface Load {
  /** Ends it: `key#value` of every record that was acknowledged. */
  stop(): Promise<readonly string[]>;
}

/** Appends to the inlet, some hundred records a second, until it is stopped; what was refused may be there or not. The name tells its records from another's. */
export function startLoad(log: EventLog, keys: readonly string[], name = ""): Load {
  let isOver = false;
  const acknowledged: string[] = [];
  const run = async () => {
    for (let n = 0; !isOver; n += 1) {
      const records = keys.map((key) => ({ topic: TOPICS.events, key, value: `${name}${n}` }));
      try {
        await log.append(records);
        acknowledged.push(...records.map(({ key, value }) => `${key}#${value}`));
      } catch (error) {
        if (verdictOf(error) !== "retry") throw error;
        await delay(250);
      }
      await delay(30);
    }
  };
  const running = run();
  running.catch(() => undefined);
  return {
    async stop() {
      isOver = true;
      await running;
      return acknowledged;
    },
  };
}

export interface Judgement {
  readonly acknowledged: number;
  readonly inlet: number;
  readonly journal: number;
  /** Records of the journal and of the findings that say what one before them said. */
  readonly repeated: number;
}

/**
 * Waits until everything was copied and counted, then compares record by record. Apache Kafka 4.3 ends a transaction
 * without its marks where the only broker dies between deciding and marking it (KAFKA-20734): `mayRepeat` where one did.
 */
export async function judge(log: EventLog, acknowledged: readonly string[], mayRepeat = false): Promise<Judgement> {
  for (const [group, topic] of [["copy", TOPICS.events] as const, ["count", TOPICS.journal] as const]) {
    await vi.waitFor(
      async () => {
        const lag = await log.lag(group, topic);
        // The marker after the newest transaction is nobody's to commit.
        expect(lag.filter(({ committed, end }) => end - committed > 1)).toEqual([]);
      },
      { timeout: 90_000, interval: 250 },
    );
  }
  const inlet = await readAll(log, TOPICS.events, "judge-inlet");
  const inInlet = new Set(inlet.map(({ key, value }) => `${key}#${value.toString()}`));
  expect(acknowledged.filter((record) => !inInlet.has(record))).toEqual([]);
  const written = await readAll(log, TOPICS.journal, "judge-journal");
  const findings = await readAll(log, TOPICS.findings, "judge-findings");
  if (!mayRepeat) expect([...repeatedIn(written), ...repeatedIn(findings)]).toEqual([]);
  const journal = firstOfEach(written);
  const copied = new Set(journal.map(({ value }) => value.toString()));
  const missing = inlet.map(({ partition, offset }) => `${partition}:${offset}`).filter((place) => !copied.has(place));
  expect(missing).toEqual([]);
  expect(journal).toHaveLength(inlet.length);
  expect(outOfOrder(journal)).toEqual([]);
  expect(await counted(log)).toEqual(countsOf(journal));
  return {
    ...{ acknowledged: acknowledged.length, inlet: inlet.length, journal: journal.length },
    repeated: written.length - journal.length + findings.length - firstOfEach(findings).length,
  };
}

function firstOfEach(records: readonly LogRecord[]): LogRecord[] {
  const seen = new Set<string>();
  return records.filter(({ value }) => seen.size < seen.add(value.toString()).size);
}

/** Records whose value occurs more than once, and where they are. */
function repeatedIn(records: readonly LogRecord[]): string[] {
  const times = new Map<string, number>();
  for (const { value } of records) times.set(value.toString(), (times.get(value.toString()) ?? 0) + 1);
  return records
    .filter(({ value }) => times.get(value.toString()) !== 1)
    .map(({ partition, offset, timestamp, value }) => `${value.toString()} at ${partition}/${offset}, ${timestamp}`)
    .sort();
}

/** Records of a key whose place in the inlet is before that of one that was copied earlier. */
function outOfOrder(journal: readonly LogRecord[]): string[] {
  const last = new Map<string, number>();
  return journal.flatMap(({ key, value }) => {
    const offset = Number(value.toString().split(":")[1]);
    const before = last.get(key) ?? -1;
    last.set(key, offset);
    return offset > before ? [] : [`${key}: ${offset} after ${before}`];
  });
}

function countsOf(records: readonly LogRecord[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { key } of records) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

async function counted(log: EventLog): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  let read = 0;
  const member = log.consume({
    group: "judge-state",
    topics: [TOPICS.journal],
    state: [TOPICS.watchState],
    async open(assignment) {
      for await (const [key, value] of assignment.readState(TOPICS.watchState))
        counts.set(key, (JSON.parse(value.toString()) as Count).count);
      read += 1;
      return { startAt: assignment.end, handle: async () => undefined, close: async () => undefined };
    },
  });
  await vi.waitFor(() => expect(read).toBe(log.partitions), { timeout: 90_000 });
  await member.stop();
  return counts;
}
