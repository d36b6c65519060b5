/**
 * Processes by roles on a real broker, an outside ClickHouse and a Slack, under load by every way in, while a seed
 * decides what is killed, stopped or cut off. In the end everything that was acknowledged is there exactly once.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { openKafkaLog } from "../../../ingest/log/kafka-log.ts";
import { TOPICS } from "../../../schemas/topics.ts";
import { startSlackServer } from "../../fakes/slack-server.ts";
import { startTcpProxy, type TcpProxy } from "../../fakes/tcp-proxy.ts";
import { logger } from "../../ingest/engine/running-engine.ts";
import { startBroker } from "../../kafka/broker.ts";
import { seeded } from "../torture.ts";
import { startClickHouse } from "./clickhouse.ts";
import { expectedOf } from "./expected.ts";
import { createFaults, dealt, stopInOrder } from "./faults.ts";
import { createLedger, WAYS, wayOf } from "./ledger.ts";
import { createMembers, type Kind, ready } from "./members.ts";
import { AGENTS, CONFIG, INLET_PARTITIONS, PARTITIONS, teamOf } from "./plan.ts";
import { readTopic } from "./read-topic.ts";
import { startSources } from "./sources.ts";
import { judge, type Verdict } from "./verdict.ts";

export interface KafkaTortureOptions {
  readonly kills: number;
  /** Of the cluster; with three each record is on all, and two must have it. */
  readonly nodes: 1 | 3;
  /** Of what goes wrong and of what is produced, apart from each other. */
  readonly seed: number;
  readonly say: (line: string) => void;
  /** Ends it early: everything is put away. */
  readonly signal: AbortSignal;
}

export interface KafkaTortureReport extends Verdict {
  readonly kills: number;
  readonly faults: number;
  readonly seconds: number;
  /** Lines that were acknowledged, by way in. */
  readonly acknowledged: Readonly<Record<string, number>>;
  /** Lives that ended without being asked to, with their last words. */
  readonly endedByThemselves: readonly string[];
}

const START: readonly Kind[] = ["front", "store", "store", "watch", "watch", "front"];
const READY_WITHIN_MS = 120_000;
/** From so many kills on ClickHouse is once away for a minute. */
const LONG_RUN = 20;
const RETENTION_MS = 7 * 86_400_000;

export async function tortureOnKafka(options: KafkaTortureOptions): Promise<KafkaTortureReport> {
  const { seed, say, signal } = options;
  const [random, fate] = [seeded(seed), seeded(seed + 1)];
  const began = Date.now();
  const directory = await mkdtemp(join(tmpdir(), "watchkeeper-torture-"));
  const closers: (() => unknown)[] = [];
  const endedByThemselves: string[] = [];
  const onEnded = (name: string, words: string) => {
    endedByThemselves.push(`${name}: ${words}`);
    say(`         ${name} ended by itself: ${words.slice(0, 300)}`);
  };
  let isSound = false;
  try {
    const proxies: TcpProxy[] = [];
    closers.push(() => Promise.all(proxies.map((proxy) => proxy.close())));
    const before = async (port: number) => {
      const proxy = await startTcpProxy(port);
      proxies.push(proxy);
      return proxy.port;
    };
    const cluster = await startBroker({ before, nodes: options.nodes, directory: join(directory, "kafka") });
    closers.push(() => cluster.stop());
    const clickhouse = await startClickHouse(join(directory, "clickhouse"));
    closers.push(() => clickhouse.close());
    const slack = await startSlackServer();
    closers.push(() => slack.close());
    const kafka = { KAFKA_BROKERS: cluster.brokers.join(",") };
    const members = await createMembers({
      ...{ directory, config: CONFIG, onEnded },
      env: {
        front: kafka,
        store: { ...kafka, ...clickhouse.environment },
        watch: { ...kafka, SLACK_BOT_TOKEN: slack.token, SLACK_CHANNEL: "#agent-alerts", SLACK_API_URL: slack.url },
      },
    });
    closers.push(() => members.close());
    const first = await Promise.all(START.map((kind) => members.add(kind)));
    await Promise.all(first.map((member) => ready(member, READY_WITHIN_MS)));
    say(
      `ready after ${Math.round((Date.now() - began) / 1000)} s: ${members
        .of()
        .map(({ name }) => name)
        .join(", ")}`,
    );

    const ledger = createLedger(AGENTS, random);
    const sources = await startSources({
      ...{ ledger, directory, brokers: cluster.brokers, random, onEnded },
      async gateway() {
        const fronts = members.of("front");
        return fronts[Math.floor(random() * fronts.length)]?.url();
      },
    });
    closers.push(() => sources.close());

    const stored = async () => {
      const abort_signal = AbortSignal.timeout(2_000);
      const answer = await clickhouse.client.query({
        query: "SELECT count() FROM events",
        format: "CSV",
        abort_signal,
      });
      return (await answer.text()).trim();
    };
    let [kills, count, outages] = [0, 0, 0];
    const outageMs = () => {
      outages += 1;
      return outages === 1 && options.kills >= LONG_RUN ? 60_000 : 2_000 + fate() * 8_000;
    };
    const differences: string[] = [];
    const onDifference = (words: string) => void differences.push(words);
    const victims = { members, shipper: sources.shipper, cluster, clickhouse, random: fate, outageMs };
    const faults = createFaults({ ...victims, proxies: proxies.slice(-options.nodes), onDifference });
    for (const names of dealt(fate)) {
      if (kills >= options.kills || signal.aborted) break;
      await delay(300 + fate() * 3_000);
      const done = await Promise.all(names.map((name) => faults[name].run()));
      count += names.length;
      kills += names.filter((name) => faults[name].isKill).length;
      const rows = await stored().catch(() => "?");
      const at = `${Math.round((Date.now() - began) / 1000)} s`.padStart(6);
      say(`${at}  kill ${kills} of ${options.kills}: ${done.join("; ")}; ${ledger.made.size} produced, ${rows} stored`);
    }
    signal.throwIfAborted();
    await sources.finish();
    const readyAfter = await Promise.all(members.of().map((member) => ready(member, READY_WITHIN_MS)));
    say(`all ${readyAfter.length} processes are ready; ${ledger.acknowledged.size} lines acknowledged; comparing`);

    const log = await openKafkaLog({
      ...{ connection: { brokers: cluster.brokers, ssl: false }, clientId: "verdict", logger, onGap: () => undefined },
      ...{ partitions: PARTITIONS, inletPartitions: INLET_PARTITIONS },
      ...{ inletRetentionMs: RETENTION_MS, journalRetentionMs: RETENTION_MS },
    });
    closers.push(() => log.close());
    const inlet = await readTopic(log, TOPICS.events, INLET_PARTITIONS);
    const expected = expectedOf(ledger, { inlet, journal: await readTopic(log, TOPICS.journal, PARTITIONS) }, teamOf);
    const verdict = await judge({
      ...{ client: clickhouse.client, expected, ledger, refused: sources.refused(), messages: slack.messages },
      letters: () => readTopic(log, TOPICS.dead, PARTITIONS),
    });
    const stopped = await Promise.all(members.of().map((member) => stopInOrder(members, member, onDifference)));
    say(stopped.join("; "));
    differences.push(...verdict.differences);
    isSound = differences.length === 0;
    const acknowledged = Object.fromEntries(WAYS.map((way) => [way, 0]));
    for (const serial of ledger.acknowledged) acknowledged[wayOf(serial)] = (acknowledged[wayOf(serial)] ?? 0) + 1;
    const seconds = Math.round((Date.now() - began) / 1000);
    return { kills, faults: count, seconds, acknowledged, ...verdict, differences, endedByThemselves };
  } finally {
    for (const close of closers.reverse()) await Promise.resolve(close()).catch(() => undefined);
    if (isSound || signal.aborted) await rm(directory, { recursive: true, force: true, maxRetries: 5 });
    else say(`logs, and what the broker and ClickHouse hold, are kept in ${directory}`);
  }
}
