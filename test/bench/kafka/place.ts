/** A real broker, and the program on it: one process of all roles, or one for each. */
import { readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { pino } from "pino";
import { readConnection } from "../../../ingest/data-directory/connection-file.ts";
import type { EventLog } from "../../../ingest/log/event-log.ts";
import { openKafkaLog } from "../../../ingest/log/kafka-log.ts";
import { start, temporaryDirectory, until, type Watchkeeper } from "../../e2e/watchkeeper.ts";
import { startBroker } from "../../kafka/broker.ts";
import { childrenOf, cpuSeconds, metric } from "../process.ts";

export interface Broker {
  readonly brokers: readonly string[];
  readonly pid: number;
}

/** One node of Apache Kafka on this machine, for `work` alone. */
export async function withBroker<T>(work: (broker: Broker) => Promise<T>): Promise<T> {
  const cluster = await startBroker();
  try {
    const isBroker = (pid: number) => readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("kafka.Kafka");
    return await work({ brokers: cluster.brokers, pid: childrenOf(process.pid).find(isBroker) ?? 0 });
  } finally {
    await cluster.stop();
  }
}

/** The broker's log as the program opens it; its topics are made where they are missing. */
export function openLog({ brokers }: Broker): Promise<EventLog> {
  return openKafkaLog({
    connection: { brokers: [...brokers], ssl: false },
    ...{ clientId: "bench", logger: pino({ level: "silent" }), onGap: () => undefined },
    ...{ partitions: 24, inletPartitions: 24, inletRetentionMs: 86_400_000, journalRetentionMs: 86_400_000 },
  });
}

/** Who runs which roles, by name. */
export type Split = Readonly<Record<string, string>>;
export const ONE: Split = { all: "gateway,intake,store,watch,web" };
export const SPLIT: Split = { intake: "gateway,intake", store: "store", watch: "watch,web" };

/** The running processes, by name. */
export type Processes = Readonly<Record<string, Watchkeeper>>;

export interface Programs {
  /** Process ids by name, the engine among them. */
  readonly pids: Readonly<Record<string, number>>;
  /** The first column of the first row. */
  ask(sql: string): Promise<string>;
  /** Resolves when so many events are queryable, counted in the roll-ups and judged; answers when, Unix milliseconds. */
  settled(events: number): Promise<number>;
}

export interface ProgramOptions {
  readonly split: Split;
  readonly config?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** As the image starts it. */
const AS_IMAGE = "--max-semi-space-size=64";

/** Runs `work` beside the real binary, every process on a fresh data directory. */
export async function withProcesses<T>(
  { brokers }: Broker,
  { split, config = "", env = {} }: ProgramOptions,
  work: (ups: Processes) => Promise<T>,
): Promise<T> {
  const directory = await temporaryDirectory();
  const ups: Record<string, Watchkeeper> = {};
  // They have process groups of their own, which a Ctrl-C here does not reach.
  const killAll = () => Promise.all(Object.values(ups).map((up) => up.kill()));
  const abandon = () => void killAll().finally(() => process.exit(1));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, abandon);
  try {
    for (const [name, roles] of Object.entries(split)) {
      const path = join(directory.path, name);
      await mkdir(path);
      ups[name] = await start({
        directory: path,
        args: ["--roles", roles],
        config,
        env: { KAFKA_BROKERS: brokers.join(","), NODE_OPTIONS: AS_IMAGE, ...env },
      });
    }
    return await work(ups);
  } finally {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, abandon);
    await Promise.all(Object.values(ups).map((up) => up.stop()));
    await directory.dispose();
  }
}

/** The same, with the ways to look at what they have done; the store is one's own engine. */
export function withPrograms<T>(
  broker: Broker,
  options: ProgramOptions,
  work: (programs: Programs) => Promise<T>,
): Promise<T> {
  return withProcesses(broker, options, async (ups) => work(await look(ups)));
}

async function look(ups: Processes): Promise<Programs> {
  const [store, watch] = [ups.store ?? ups.all, ups.watch ?? ups.all];
  if (store === undefined || watch === undefined) throw new Error("a role is missing");
  const connection = await readConnection(join(store.directory, "data"));
  if (connection?.store === undefined) throw new Error("there is no connection file that names the store");
  const { url, user, password, database } = connection.store;
  const headers = { "x-clickhouse-user": user, "x-clickhouse-key": password };
  const ask = async (body: string) => {
    const answer = await fetch(`${url}/?database=${database}&default_format=TSV`, { method: "POST", headers, body });
    const text = await answer.text();
    if (!answer.ok) throw new Error(text);
    return text.split(/[\t\n]/)[0] ?? "";
  };
  const stored = async () => Number(await ask("SELECT count() FROM events"));
  const judged = async () => {
    const text = await (await watch.get("/metrics")).text();
    return metric(text, 'watchkeeper_watch_records_total{type="event"}');
  };
  const pids = Object.fromEntries(Object.entries(ups).map(([name, { pid }]) => [name, pid]));
  return {
    pids: { ...pids, engine: childrenOf(store.pid)[0] ?? 0 },
    ask,
    async settled(events) {
      const patiently = async (count: () => Promise<number>) => {
        while ((await count()) < events) await new Promise((resolve) => setTimeout(resolve, 200));
      };
      await patiently(stored);
      // Asked for last: the figures of a process cost it something.
      await patiently(judged);
      const at = Date.now();
      const rolledUp = async () => Number(await ask("SELECT sum(events) FROM events_hourly")) === (await stored());
      await until(rolledUp);
      if ((await stored()) !== events) throw new Error(`${events} events came in, ${await stored()} are stored`);
      return at;
    },
  };
}

/** CPU seconds so far, by name. */
export function cpuOf(pids: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, cpuSeconds(pid)]));
}
