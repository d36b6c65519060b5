/** What goes wrong, one function a fault. Each resolves with what it did, in a few words, when it is over. */
import { setTimeout as delay } from "node:timers/promises";
import type { TcpProxy } from "../../fakes/tcp-proxy.ts";
import type { Cluster } from "../../kafka/broker.ts";
import type { OutsideClickHouse } from "./clickhouse.ts";
import { type Kind, type Member, type Members, ready } from "./members.ts";
import type { KeptProcess } from "./process.ts";

export interface Victims {
  readonly members: Members;
  readonly shipper: KeptProcess;
  readonly cluster: Cluster;
  /** One before each node of the cluster. */
  readonly proxies: readonly TcpProxy[];
  readonly clickhouse: OutsideClickHouse;
  readonly random: () => number;
  /** What must not have happened. */
  readonly onDifference: (words: string) => void;
  /** How long ClickHouse is away the next time, milliseconds. */
  readonly outageMs: () => number;
}

export interface Fault {
  readonly isKill: boolean;
  run(): Promise<string>;
}

export type FaultName =
  | `kill ${Kind | "ship" | "broker"}`
  | "ClickHouse away"
  | `broker ${"stands still" | "restarts"}`
  | "network stands still"
  | "connections cut"
  | `${"store" | "watch"} stands still`
  | "rebalance";

const READY_WITHIN_MS = 120_000;
/** Of each kind there are at most so many. */
const MOST = 3;
const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

export function createFaults(victims: Victims): Readonly<Record<FaultName, Fault>> {
  const { members, shipper, cluster, proxies, clickhouse, random } = victims;
  const between = (from: number, to: number): number => Math.round((from + random() * (to - from)) * 1000);
  const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)] as T;
  /** Nodes count from 1. */
  const pickNode = (): number => 1 + Math.floor(random() * proxies.length);
  const isReady = async (member: Member) => `ready ${(await ready(member, READY_WITHIN_MS)).toFixed(1)} s later`;
  const kill = (run: () => Promise<string>): Fault => ({ isKill: true, run });
  const other = (run: () => Promise<string>): Fault => ({ isKill: false, run });

  const killMember = (kind: Kind) =>
    kill(async () => {
      const member = pick(members.of(kind));
      const down = between(0, 4);
      await member.process.kill(down);
      await delay(down);
      return `kill -9 of ${member.name}, down ${seconds(down)}, ${await isReady(member)}`;
    });

  const standStill = (kind: Kind) =>
    other(async () => {
      const member = pick(members.of(kind));
      const still = between(1, 14);
      member.process.signal("SIGSTOP");
      await delay(still);
      member.process.signal("SIGCONT");
      return `SIGSTOP of ${member.name} for ${seconds(still)}, ${await isReady(member)}`;
    });

  async function rebalance(): Promise<string> {
    const kind = pick<Kind>(["store", "watch", "front"]);
    const all = members.of(kind);
    const leave = all.length > 1 && (all.length >= MOST || random() < 0.5);
    if (leave) {
      const member = pick(all);
      return stopInOrder(members, member, victims.onDifference);
    }
    const member = await members.add(kind);
    return `${member.name} added, ${await isReady(member)}`;
  }

  return {
    "kill store": killMember("store"),
    "kill watch": killMember("watch"),
    "kill front": killMember("front"),
    "kill ship": kill(async () => {
      const down = between(0, 3);
      await shipper.kill(down);
      await delay(down);
      return `kill -9 of ship, down ${seconds(down)}`;
    }),
    "kill broker": kill(async () => {
      const [node, down] = [pickNode(), between(0, 12)];
      await cluster.kill(node, "SIGKILL");
      await delay(down);
      await cluster.restart(node);
      return `kill -9 of broker ${node}, down ${seconds(down)}`;
    }),
    "broker restarts": other(async () => {
      const [node, down] = [pickNode(), between(0, 5)];
      await cluster.kill(node, "SIGTERM");
      await delay(down);
      await cluster.restart(node);
      return `broker ${node} stopped in order, down ${seconds(down)}`;
    }),
    "ClickHouse away": other(async () => {
      const away = victims.outageMs();
      await clickhouse.kill();
      await delay(away);
      await clickhouse.start();
      return `kill -9 of ClickHouse, away ${seconds(away)}`;
    }),
    "broker stands still": other(async () => {
      const [node, still] = [pickNode(), between(1, 12)];
      await cluster.kill(node, "SIGSTOP");
      await delay(still);
      await cluster.kill(node, "SIGCONT");
      return `SIGSTOP of broker ${node} for ${seconds(still)}`;
    }),
    "network stands still": other(async () => {
      const still = between(1, 12);
      const releases = proxies.map((proxy) => proxy.hold());
      await delay(still);
      for (const release of releases) release();
      return `nothing passed to or from Kafka for ${seconds(still)}`;
    }),
    "connections cut": other(async () => {
      let cut = 0;
      for (let times = 1 + Math.floor(random() * 4); times > 0; times -= 1) {
        for (const proxy of proxies) cut += proxy.cut();
        await delay(between(0, 0.5));
      }
      return `${cut} connections to Kafka reset`;
    }),
    "store stands still": standStill("store"),
    "watch stands still": standStill("watch"),
    rebalance: other(rebalance),
  };
}

/** For good; what was done. Whatever is away meanwhile, it must end with 0. */
export async function stopInOrder(
  members: Members,
  member: Member,
  onDifference: Victims["onDifference"],
): Promise<string> {
  const [began, code] = [Date.now(), await members.remove(member)];
  const words = `${member.name} stopped in order, exit ${code} after ${seconds(Date.now() - began)}`;
  if (code !== 0) onDifference(words);
  return words;
}

/** Two of these at once would be one, or get in each other's way. */
const ALONE: readonly (readonly FaultName[])[] = [
  ["kill broker", "broker stands still", "broker restarts", "network stands still", "rebalance"],
  ["rebalance", "kill store", "kill watch", "kill front", "store stands still", "watch stands still"],
];

/**
 * Faults in the order of the seed, each deck of them once before any comes again, so that a short run meets them all.
 * Now and then two of different kinds at once.
 */
export function* dealt(random: () => number): Generator<readonly FaultName[]> {
  for (;;) {
    const deck: FaultName[] = ["kill store", "kill watch", "kill front", "kill broker", "kill ship"];
    deck.push("ClickHouse away", "connections cut", "broker restarts", "rebalance", "rebalance");
    deck.push(random() < 0.5 ? "broker stands still" : "network stands still");
    deck.push(random() < 0.5 ? "store stands still" : "watch stands still");
    while (deck.length > 0) {
      const taken = [take(deck, random)];
      const beside = random() < 0.3 && deck.length > 0 ? take(deck, random) : undefined;
      if (beside !== undefined) {
        const isClash = ALONE.some((names) => [...taken, beside].every((name) => names.includes(name)));
        if (isClash) deck.push(beside);
        else taken.push(beside);
      }
      yield taken;
    }
  }
}

function take<T>(deck: T[], random: () => number): T {
  return deck.splice(Math.floor(random() * deck.length), 1)[0] as T;
}
