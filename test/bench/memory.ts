/** What the process grows by with each active agent of 20 tools, from a warmed-up start. */
import { setTimeout as delay } from "node:timers/promises";
import type { Figure } from "./figure.ts";
import { anonymousBytes, load } from "./process.ts";
import { withProgram } from "./program.ts";

/** Two sweeps of checkpoints and what the collector does when little happens. */
const CALM_MS = 12_000;
const TOOLS = 20;
/** Fewer, and the heap's own growth under load would count as the agents'. */
const WARM_UP_EVENTS = 200_000;

export async function memory(agents: number): Promise<Figure[]> {
  return withProgram({}, async ({ up, settled }) => {
    const events = agents * TOOLS;
    const shape = { tools: TOOLS, perBatch: 500, connections: 4 };
    await load(up.url, { ...shape, events: WARM_UP_EVENTS, agents: 10 });
    await settled(WARM_UP_EVENTS);
    await delay(CALM_MS);
    const before = anonymousBytes(up.pid);
    await load(up.url, { ...shape, events, agents });
    await settled(WARM_UP_EVENTS + events);
    await delay(CALM_MS);
    const after = anonymousBytes(up.pid);
    return [
      {
        name: `growth an agent, 0 to ${agents.toLocaleString("en-US")} with ${TOOLS} tools`,
        value: (after - before) / agents / 1024,
        unit: "KB",
        goal: { is: "most", value: 16 },
      },
      { name: "own memory of the process then", value: after / 1024 ** 2, unit: "MB" },
    ];
  });
}
