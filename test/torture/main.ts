/** `npm run torture -- --kills 50 [--seed 7]`, with `--kafka [--nodes 3]` processes by roles on real brokers. */
import { parseArgs } from "node:util";
import { kafkaAvailable } from "../kafka/available.ts";
import { tortureOnKafka } from "./kafka/run.ts";
import { seeded, torture } from "./torture.ts";

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "50" },
    seed: { type: "string", default: String(Date.now() % 100_000) },
    kafka: { type: "boolean", default: false },
    nodes: { type: "string", default: "1" },
  },
});
const say = (line: string) => void process.stdout.write(`${line}\n`);
const kills = Number(values.kills);
const seed = Number(values.seed);

function end(report: object, isSound: boolean): void {
  say(JSON.stringify(report, null, 2));
  say(isSound ? "nothing lost, nothing doubled" : `NOT SOUND, seed ${values.seed}`);
  process.exitCode = isSound ? 0 : 1;
}

async function embedded(): Promise<void> {
  const report = await torture({ kills, agents: 30, random: seeded(seed), say });
  const isSound =
    report.stored === report.accepted &&
    report.distinct === report.accepted &&
    report.rolledUp === report.accepted &&
    report.deadLetters === report.refused &&
    report.wrongSpend.length === 0 &&
    report.messages === report.incidents &&
    report.repeated.length === 0 &&
    report.untold.length === 0;
  end(report, isSound);
}

function nodesOf(text: string): 1 | 3 {
  if (text === "1") return 1;
  if (text === "3") return 3;
  throw new RangeError(`--nodes is 1 or 3, not ${text}`);
}

async function onKafka(): Promise<void> {
  const { own, missing } = kafkaAvailable();
  if (!own) {
    say(missing ?? "");
    process.exitCode = process.env.CI === "true" ? 1 : 0;
    return;
  }
  const stopping = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => stopping.abort(new Error(`${signal}, seed ${values.seed}`)));
  }
  const report = await tortureOnKafka({ kills, nodes: nodesOf(values.nodes), seed, say, signal: stopping.signal });
  end(report, report.differences.length === 0);
}

say(`seed ${values.seed}`);
await (values.kafka ? onKafka() : embedded());
// kafkajs goes on asking a broker that is gone for connections that nobody needs any more.
process.exit();
