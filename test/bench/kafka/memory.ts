/** Whether memory stays flat over a long run: measured after each tenth of it, as megabytes a million events. */
import { setTimeout as delay } from "node:timers/promises";
import { linearRegression } from "simple-statistics";
import { TOPICS } from "../../../schemas/topics.ts";
import type { Figure } from "../figure.ts";
import { anonymousBytes } from "../process.ts";
import { prepare } from "./load.ts";
import { ONE, withBroker, withPrograms } from "./place.ts";

const PIECES = 10;
/** What the collector does when little happens. */
const CALM_MS = 3_000;
/** Until every partition remembers as many identities as it may (`limits.recentIds`), memory grows as it should. */
const FLAT_FROM = 5_000_000;
const MOST_A_MILLION = 5;

type Sample = Readonly<Record<string, number>>;

const MIB = 1024 ** 2;

function slope(samples: readonly Sample[], name: string, perPiece: number): number {
  const half = samples.slice(samples.length >> 1);
  const points = half.map((sample, at) => [(at * perPiece) / 1e6, (sample[name] ?? Number.NaN) / MIB]);
  return linearRegression(points).m;
}

export async function kafkaMemory(events: number): Promise<Figure[]> {
  const perPiece = Math.ceil(events / PIECES);
  const samples: Sample[] = [];
  let names: string[] = [];
  await withBroker((broker) =>
    withPrograms(broker, { split: ONE }, async ({ pids, settled }) => {
      names = Object.keys(pids);
      for (let at = 0; at < PIECES; at += 1) {
        const load = { brokers: broker.brokers, topic: TOPICS.events, first: at * perPiece, events: perPiece };
        const release = await prepare(load);
        await release();
        await settled((at + 1) * perPiece);
        await delay(CALM_MS);
        samples.push(Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, anonymousBytes(pid)])));
      }
    }),
  );
  return names.flatMap((name) => {
    const isJudged = name === "all" && perPiece * PIECES >= FLAT_FROM;
    const grows = {
      name: `growth a million events, second half of the run, ${name}`,
      value: slope(samples, name, perPiece),
      unit: "MB",
      ...(isJudged && { goal: { is: "most" as const, value: MOST_A_MILLION } }),
    };
    const most = Math.max(...samples.map((sample) => (sample[name] ?? 0) / MIB));
    return [grows, { name: `most memory of its own, ${name}`, value: most, unit: "MB" }];
  });
}
