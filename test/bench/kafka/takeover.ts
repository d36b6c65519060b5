/** Of two processes that share a role one is killed: how long until the other has done what lies in all partitions. */
import { join } from "node:path";
import { GROUPS, TOPICS } from "../../../schemas/topics.ts";
import { temporaryDirectory, until } from "../../e2e/watchkeeper.ts";
import { startClickHouse } from "../../torture/kafka/clickhouse.ts";
import type { Figure } from "../figure.ts";
import { prepare } from "./load.ts";
import { type Broker, openLog, type Processes, withBroker, withProcesses } from "./place.ts";

/** A role, and the topic on which its group's lag shows what is left to do. */
const ROLES = [
  { role: "intake", group: GROUPS.intake, topic: TOPICS.events },
  { role: "store", group: GROUPS.store, topic: TOPICS.journal },
  { role: "watch", group: GROUPS.watch, topic: TOPICS.journal },
] as const;
type Shared = (typeof ROLES)[number];

const GOAL_SECONDS = 15;
/** Of many agents, so that every partition has some. */
const EVENTS = 2_000;

async function secondsToTakeOver({ group, topic }: Shared, broker: Broker, { victim }: Processes): Promise<number> {
  const log = await openLog(broker);
  const endOf = async () => (await log.lag(group, topic)).reduce((sum, { end }) => sum + end, 0);
  /** All of so many more records than the topic held. */
  const areDone = async (end: number) => {
    const lag = await log.lag(group, topic);
    const total = lag.reduce((sum, one) => sum + one.end, 0);
    return total >= end && lag.every((one) => one.committed >= one.end);
  };
  const bring = (first: number) => prepare({ ...broker, topic: TOPICS.events, first, events: EVENTS });
  try {
    const [before, warmUp] = [await endOf(), await bring(0)];
    await warmUp();
    await until(() => areDone(before + EVENTS));
    const [end, release] = [await endOf(), await bring(EVENTS)];
    await victim?.kill();
    const killedAt = Date.now();
    await release();
    await until(() => areDone(end + EVENTS));
    return (Date.now() - killedAt) / 1000;
  } finally {
    await log.close();
  }
}

async function measure(shared: Shared, env: Readonly<Record<string, string>>): Promise<Figure> {
  const others = ["gateway", "intake", "store", "watch", "web"].filter((role) => role !== shared.role);
  const split = { others: others.join(","), victim: shared.role, survivor: shared.role };
  const value = await withBroker((broker) =>
    withProcesses(broker, { split, env }, (ups) => secondsToTakeOver(shared, broker, ups)),
  );
  return { name: `${shared.role}: killed, to taken over`, value, unit: "s", goal: { is: "most", value: GOAL_SECONDS } };
}

export async function kafkaTakeover(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const shared of ROLES) {
    const directory = await temporaryDirectory();
    const clickhouse = await startClickHouse(join(directory.path, "clickhouse"));
    try {
      figures.push(await measure(shared, clickhouse.environment));
    } finally {
      await clickhouse.close();
      await directory.dispose();
    }
  }
  return figures;
}
