/** As fast as it goes: from the first post until everything is queryable and judged. */
import type { Ceiling } from "./ceiling.ts";
import type { Figure } from "./figure.ts";
import { childrenOf, cpuSeconds, type LoadOptions, load, metric } from "./process.ts";
import { withProgram } from "./program.ts";

export const WARM_UP: LoadOptions = { agents: 100, tools: 20, events: 20_000, perBatch: 500, connections: 4 };
export const SUSTAINED: Omit<LoadOptions, "events"> = { agents: 200, tools: 20, perBatch: 500, connections: 8 };

export async function throughput(events: number, ceiling: Ceiling): Promise<Figure[]> {
  return withProgram({}, async ({ up, metrics, settled }) => {
    await load(up.url, WARM_UP);
    await settled(WARM_UP.events);
    await metrics();
    const [engine = 0] = childrenOf(up.pid);
    const cpu = cpuSeconds(up.pid);
    const engineCpu = cpuSeconds(engine);
    const loaded = await load(up.url, { ...SUSTAINED, events });
    const loop = metric(await metrics(), "nodejs_eventloop_lag_p99_seconds");
    await settled(WARM_UP.events + loaded.accepted);
    const seconds = (Date.now() - loaded.startedAt) / 1000;
    const used = cpuSeconds(up.pid) - cpu;
    const engineUsed = cpuSeconds(engine) - engineCpu;
    return [
      {
        name: "events/s, HTTP to queryable and judged",
        value: loaded.accepted / seconds,
        unit: "/s",
        goal: { is: "least", value: 20_000 },
        ceiling: ceiling.eventsPerSecond,
      },
      {
        name: "event loop p99 under that load",
        value: loop * 1000,
        unit: "ms",
        goal: { is: "most", value: 50 },
        ceiling: ceiling.eventLoopP99Ms,
      },
      { name: "events/s accepted meanwhile", value: loaded.accepted / loaded.seconds, unit: "/s" },
      { name: "posts answered 429 meanwhile", value: loaded.refusals, unit: "" },
      { name: "post answered, p99", value: loaded.postP99Ms, unit: "ms" },
      {
        name: "CPU of the process an event",
        value: (used / loaded.accepted) * 1e6,
        unit: "us",
        ceiling: ceiling.microsecondsPerEvent,
      },
      {
        name: "CPU of the engine an event",
        value: (engineUsed / loaded.accepted) * 1e6,
        unit: "us",
        ceiling: ceiling.engineMicrosecondsPerEvent,
      },
    ];
  });
}
