/** Everything `up --demo` needs: who the agents are, what they did, and what happens next. */
import type { z } from "zod";
import type { configSchema } from "../../schemas/config.ts";
import { demoAgents } from "./agents.ts";
import { demoHistory } from "./history.ts";
import type { Random } from "./random.ts";
import { type DemoStep, demoStory } from "./story.ts";

export interface DemoFleetOptions {
  /** Unix ms: history ends and the story begins here. */
  readonly now: number;
  /** Uniform numbers in [0, 1). */
  readonly random: Random;
}

export interface DemoFleet {
  readonly agents: readonly string[];
  /** The configuration as a person would write it. */
  readonly config: z.input<typeof configSchema>;
  /** Four weeks as NDJSON bodies, oldest first, for `POST /v1/events?backfill=1`. Lazy; may be taken once. */
  readonly history: Iterable<string>;
  /** For `POST /v1/events`, each at its moment, after the history was learned. */
  readonly story: readonly DemoStep[];
}

/** Pure: nothing is sent, slept or printed here. */
export function demoFleet({ now, random }: DemoFleetOptions): DemoFleet {
  const agents = demoAgents(now);
  const zones = Object.fromEntries(agents.map(({ name, timezone }) => [name, { timezone }]));
  return {
    agents: agents.map(({ name }) => name),
    config: {
      agents: {
        ...zones,
        competitor_monitor: {
          ...zones.competitor_monitor,
          team: "growth",
          budgets: [{ amount: 10, unit: "usd", period: "day" }],
        },
        invoice_bot: { ...zones.invoice_bot, team: "finance", hours: ["Mon-Fri 08:00-19:00"] },
      },
    },
    history: demoHistory(agents, now, random),
    story: demoStory(agents, random),
  };
}
