/**
 * `npm run bench [-- --quick] [-- --only PART]`: the project's goals as this machine meets them. With `--kafka` on a real
 * broker that it starts; `--events N` says how many pass in the parts throughput and memory there.
 */
import { cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { fleet } from "./agents.ts";
import { type Ceiling, ceiling } from "./ceiling.ts";
import { type Figure, shortOf, table } from "./figure.ts";
import { kafkaLatency } from "./kafka/latency.ts";
import { kafkaMemory } from "./kafka/memory.ts";
import { kafkaTakeover } from "./kafka/takeover.ts";
import { kafkaThroughput } from "./kafka/throughput.ts";
import { latency } from "./latency.ts";
import { memory } from "./memory.ts";
import { micro } from "./micro.ts";
import { ready } from "./ready.ts";
import { shipper } from "./shipper.ts";
import { throughput } from "./throughput.ts";

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string" },
    kafka: { type: "boolean", default: false },
    events: { type: "string" },
  },
});
const size = (whole: number, quick: number): number => (values.quick ? quick : whole);
const say = (text: string) => process.stdout.write(`${text}\n`);

let measured: Promise<Ceiling> | undefined;
/** Measured once, in the run that it is compared in. */
function beside(): Promise<Ceiling> {
  measured ??= ceiling(size(400_000, 60_000));
  return measured;
}

type Parts = Readonly<Record<string, () => Promise<Figure[]>>>;

const EMBEDDED: Parts = {
  ready: () => ready(size(5, 1)),
  throughput: async () => throughput(size(400_000, 60_000), await beside()),
  latency: async () => latency(size(200, 30), await beside()),
  memory: () => memory(size(10_000, 2_000)),
  shipper: () => shipper(size(400_000, 60_000)),
  micro: () => micro(size(200_000, 50_000)),
  fleet: () => fleet(size(10_000, 1_000)),
};

/** So many say what a machine does; more only take longer. */
const MOST_AT_ONCE = 1_000_000;
const eventsOf = (usual: number): number => (values.events === undefined ? usual : Number(values.events));

const ON_KAFKA: Parts = {
  throughput: () => kafkaThroughput(Math.min(MOST_AT_ONCE, eventsOf(size(400_000, 60_000)))),
  latency: () => kafkaLatency(size(200, 30)),
  takeover: kafkaTakeover,
  memory: () => kafkaMemory(eventsOf(size(1_000_000, 100_000))),
};

const PARTS = values.kafka ? ON_KAFKA : EMBEDDED;
const names = values.only === undefined ? Object.keys(PARTS) : [values.only];
const unknown = names.find((name) => !(name in PARTS));
if (unknown !== undefined) {
  say(`there is no part ${unknown}; there are ${Object.keys(PARTS).join(", ")}`);
  process.exit(2);
}
if (!(eventsOf(1) >= 1)) {
  say("--events takes how many");
  process.exit(2);
}
const [cpu] = cpus();
const load = loadavg()[0] ?? 0;
say(`${cpus().length} x ${cpu?.model}, Node ${process.version}, load ${load.toFixed(1)} at the start`);
if (load > 0.5) say("The machine is doing something else: these figures will be worse than they are.");
const figures: Figure[] = [];
for (const name of names) {
  say(name);
  const found = (await PARTS[name]?.()) ?? [];
  say(table(found));
  figures.push(...found);
}
const short = shortOf(figures);
say(short.length === 0 ? "Every goal is met." : `Short of: ${short.join("; ")}.`);
