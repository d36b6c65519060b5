/** Runs the mover, for what the program itself is compared with. */
import { once } from "node:events";
import { temporaryDirectory, until } from "../e2e/watchkeeper.ts";
import { childrenOf, cpuSeconds, firstLine, load, quantile, spawnBeside } from "./process.ts";
import { SUSTAINED, WARM_UP } from "./throughput.ts";

export interface Ceiling {
  readonly eventsPerSecond: number;
  readonly microsecondsPerEvent: number;
  readonly engineMicrosecondsPerEvent: number;
  readonly eventLoopP99Ms: number;
  readonly queryableP95Ms: number;
}

export interface Mover {
  readonly url: string;
  readonly pid: number;
  state(): Promise<{ readonly stored: number; readonly loopP99Ms: number }>;
}

export async function withMover<T>(work: (mover: Mover) => Promise<T>): Promise<T> {
  const directory = await temporaryDirectory();
  const child = spawnBeside("mover.ts", [directory.path]);
  try {
    const url = await firstLine(child);
    const state = async () => (await (await fetch(url)).json()) as Awaited<ReturnType<Mover["state"]>>;
    const died = once(child, "close").then(() => Promise.reject(new Error("the mover ended by itself")));
    return await Promise.race([work({ url, pid: child.pid as number, state }), died]);
  } finally {
    if (child.exitCode === null) {
      const closed = once(child, "close");
      child.kill("SIGTERM");
      await closed;
    }
    await directory.dispose();
  }
}

const settled = ({ state }: Mover, events: number) => until(async () => (await state()).stored >= events);

async function untilStored(mover: Mover): Promise<number> {
  const { stored } = await mover.state();
  const began = performance.now();
  await fetch(`${mover.url}/v1/events`, { method: "POST", body: "{}" });
  await settled(mover, stored + 1);
  return performance.now() - began;
}

/** The same load as the program's, from the first post until everything is stored. */
export async function ceiling(events: number): Promise<Ceiling> {
  return withMover(async (mover) => {
    await load(mover.url, WARM_UP);
    await settled(mover, WARM_UP.events);
    await mover.state();
    const [engine = 0] = childrenOf(mover.pid);
    const cpu = cpuSeconds(mover.pid);
    const engineCpu = cpuSeconds(engine);
    const loaded = await load(mover.url, { ...SUSTAINED, events });
    const { loopP99Ms } = await mover.state();
    await settled(mover, WARM_UP.events + loaded.accepted);
    const seconds = (Date.now() - loaded.startedAt) / 1000;
    const microsecondsPerEvent = ((cpuSeconds(mover.pid) - cpu) / events) * 1e6;
    const engineMicrosecondsPerEvent = ((cpuSeconds(engine) - engineCpu) / events) * 1e6;
    const delays: number[] = [];
    for (let at = 0; at < 5; at += 1) delays.push(await untilStored(mover));
    return {
      eventsPerSecond: events / seconds,
      microsecondsPerEvent,
      engineMicrosecondsPerEvent,
      eventLoopP99Ms: loopP99Ms,
      queryableP95Ms: quantile(delays, 0.95),
    };
  });
}
