/** Agents that are each told of once, and how long that took. */
import type { SlackServer } from "../fakes/slack-server.ts";

export const TOKEN = "xoxb-bench";
/** Slack takes a message a second and channel; probes go round over these. */
export const CHANNELS = Array.from({ length: 10 }, (_, at) => `bench-${at}`);
export const PROBE_EVERY_MS = 1100 / CHANNELS.length;

/** Every agent has a budget of a dollar a month, of which 70 % are told. */
export function probesConfig(agents: readonly string[]): string {
  const budgets = [{ amount: 1, unit: "usd", period: "month", warnAt: [70] }];
  return JSON.stringify({
    routes: agents.map((agent, at) => ({ match: { agent }, channel: `#${CHANNELS[at % CHANNELS.length]}` })),
    agents: Object.fromEntries(agents.map((agent) => [agent, { budgets }])),
  });
}

/** Milliseconds from the moment each agent's event was sent until Slack was asked. */
export function toldAfter(told: SlackServer["calls"], sentAt: ReadonlyMap<string, number>): number[] {
  return told.map(({ at, body }) => at - (sentAt.get(/probe_\d+/.exec(JSON.stringify(body))?.[0] ?? "") ?? Number.NaN));
}
