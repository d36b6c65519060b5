/** As fast as it goes: from the moment lines can be read in the inlet until all are queryable and judged. */
import { once } from "node:events";
import { TOPICS } from "../../../schemas/topics.ts";
import { temporaryDirectory } from "../../e2e/watchkeeper.ts";
import type { Figure } from "../figure.ts";
import { childrenOf, firstLine, spawnBeside } from "../process.ts";
import { prepare } from "./load.ts";
import { type Broker, cpuOf, ONE, openLog, SPLIT, type Split, withBroker, withPrograms } from "./place.ts";

/** Compilers and caches are warm when it counts. */
const WARM_UP_EVENTS = 40_000;

interface Run {
  readonly eventsPerSecond: number;
  /** Microseconds an event, by process. */
  readonly cpu: Readonly<Record<string, number>>;
}

interface Subject {
  readonly pids: Readonly<Record<string, number>>;
  /** Answers when so many are there, Unix milliseconds. */
  settled(events: number): Promise<number>;
}

async function measure({ brokers, pid }: Broker, events: number, subject: Subject): Promise<Run> {
  const topic = TOPICS.events;
  const release = await prepare({ brokers, topic, first: 0, events: WARM_UP_EVENTS });
  await release();
  await subject.settled(WARM_UP_EVENTS);
  const start = await prepare({ brokers, topic, first: WARM_UP_EVENTS, events });
  const pids = { ...subject.pids, broker: pid };
  const before = cpuOf(pids);
  const { startedAt } = await start();
  const endedAt = await subject.settled(WARM_UP_EVENTS + events);
  const after = cpuOf(pids);
  const cpu = Object.keys(pids).map((name) => [name, (((after[name] ?? 0) - (before[name] ?? 0)) / events) * 1e6]);
  return { eventsPerSecond: events / ((endedAt - startedAt) / 1000), cpu: Object.fromEntries(cpu) };
}

const programRun = (split: Split, events: number): Promise<Run> =>
  withBroker((broker) => withPrograms(broker, { split }, (programs) => measure(broker, events, programs)));

/** The mover under the same load. */
function moverRun(events: number): Promise<Run> {
  return withBroker(async (broker) => {
    const directory = await temporaryDirectory();
    // Its topics are made.
    await (await openLog(broker)).close();
    const child = spawnBeside("kafka/mover.ts", [directory.path, broker.brokers.join(","), TOPICS.events]);
    try {
      const url = await firstLine(child);
      const stored = async () => ((await (await fetch(url)).json()) as { stored: number }).stored;
      const moverPid = child.pid as number;
      return await measure(broker, events, {
        pids: { mover: moverPid, engine: childrenOf(moverPid)[0] ?? 0 },
        async settled(count) {
          while ((await stored()) < count) await new Promise((resolve) => setTimeout(resolve, 50));
          return Date.now();
        },
      });
    } finally {
      const closed = once(child, "close");
      child.kill("SIGTERM");
      await closed;
      await directory.dispose();
    }
  });
}

const sum = (cpu: Run["cpu"]): number => Object.values(cpu).reduce((total, one) => total + one, 0);

/** CPU of each process of a run, beside what the mover's like took. */
function cpuFigures(name: string, run: Run, mover: Run): Figure[] {
  const likes: Readonly<Record<string, number | undefined>> = mover.cpu;
  const rows = Object.entries(run.cpu).map(([process, value]) => ({ process, value, ceiling: likes[process] }));
  return [...rows, { process: "all together", value: sum(run.cpu), ceiling: sum(mover.cpu) }].map(
    ({ process, value, ceiling }) => ({
      name: `${name}: CPU an event, ${process}`,
      ...{ value, unit: "us" },
      ...(ceiling !== undefined && { ceiling }),
    }),
  );
}

export async function kafkaThroughput(events: number): Promise<Figure[]> {
  const mover = await moverRun(events);
  const one = await programRun(ONE, events);
  const split = await programRun(SPLIT, events);
  const ceiling = mover.eventsPerSecond;
  const best = Math.max(one.eventsPerSecond, split.eventsPerSecond);
  return [
    {
      name: "events/s, inlet to queryable and judged",
      ...{ value: best, unit: "/s", goal: { is: "least", value: 25_000 }, ceiling },
    },
    { name: "share of the mover's rate", value: best / ceiling, unit: "", goal: { is: "least", value: 0.5 } },
    { name: "events/s, one process of all roles", value: one.eventsPerSecond, unit: "/s", ceiling },
    { name: "events/s, a process for each", value: split.eventsPerSecond, unit: "/s", ceiling },
    { name: "CPU an event, mover alone", value: mover.cpu.mover ?? Number.NaN, unit: "us" },
    ...cpuFigures("one process", one, mover),
    ...cpuFigures("split", split, mover),
  ];
}
