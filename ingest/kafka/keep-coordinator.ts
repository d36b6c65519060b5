/**
 * A repair of kafkajs 2.2.4, which asks where the coordinator is before each of the four requests of a transaction: a
 * producer remembers it for a moment. Whatever fails discards the producer, and with it what it remembers.
 */
import { createRequire } from "node:module";

interface Question {
  readonly groupId: string;
  /** 1: of transactions. */
  readonly coordinatorType?: number;
}

interface Broker {
  readonly nodeId: number;
}

interface Cluster {
  findGroupCoordinator(question: Question): Promise<Broker>;
  findBroker(where: Broker): Promise<Broker>;
}

interface Known {
  readonly nodeId: number;
  readonly until: number;
}

const REPAIRED = Symbol.for("watchkeeper.keep-coordinator");
const OF_TRANSACTIONS = 1;
/** A coordinator that moved says so itself; kafkajs then asks again for longer than this. */
const KEPT_MS = 2_000;

/** Doing it again changes nothing. Consumers ask as before: they join anew where their coordinator went. */
export function keepCoordinator(): void {
  const load = createRequire(import.meta.url);
  const { prototype } = load("kafkajs/src/cluster/index.js") as { prototype: Cluster };
  const original = prototype.findGroupCoordinator;
  if (typeof original !== "function" || REPAIRED in original) return;
  const kept = new WeakMap<Cluster, Map<string, Known>>();

  async function find(cluster: Cluster, question: Question): Promise<Broker> {
    const { groupId, coordinatorType = 0 } = question;
    if (coordinatorType === OF_TRANSACTIONS && !kept.has(cluster)) kept.set(cluster, new Map());
    const own = kept.get(cluster);
    const key = `${coordinatorType}/${groupId}`;
    const known = own?.get(key);
    if (known !== undefined && performance.now() < known.until) {
      const broker = await cluster.findBroker(known).catch(() => undefined);
      if (broker !== undefined) return broker;
      own?.delete(key);
    }
    const broker = await original.call(cluster, question);
    own?.set(key, { nodeId: broker.nodeId, until: performance.now() + KEPT_MS });
    return broker;
  }

  const mended = function (this: Cluster, question: Question): Promise<Broker> {
    return find(this, question);
  };
  prototype.findGroupCoordinator = Object.assign(mended, { [REPAIRED]: true });
}
