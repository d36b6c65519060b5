/** At 2,000 events a second: from the post of a deciding event to Slack's request, and until an event is queryable. */
import { setTimeout as delay } from "node:timers/promises";
import { until } from "../e2e/watchkeeper.ts";
import { type SlackServer, startSlackServer } from "../fakes/slack-server.ts";
import type { Ceiling } from "./ceiling.ts";
import type { Figure } from "./figure.ts";
import { CHANNELS, PROBE_EVERY_MS, probesConfig, TOKEN, toldAfter } from "./probes.ts";
import { load, quantile } from "./process.ts";
import { type Program, withProgram } from "./program.ts";

const PER_SECOND = 2000;

/** Each probe spends 80 % of its budget with one event, and is told of once. */
async function alertDelays({ up }: Program, slack: SlackServer, agents: readonly string[]): Promise<number[]> {
  const posted = new Map<string, number>();
  for (const agent of agents) {
    posted.set(agent, Date.now());
    await up.post([{ agent, id: agent, timestamp: new Date().toISOString(), api: "openai", cost: "$0.8" }]);
    await delay(PROBE_EVERY_MS);
  }
  const told = () => slack.calls.filter(({ method }) => method === "chat.postMessage");
  await until(() => told().length >= agents.length);
  return toldAfter(told(), posted);
}

async function untilVisible({ up, ask }: Program, id: string): Promise<number> {
  const began = performance.now();
  await up.post([{ agent: "marker", id, timestamp: new Date().toISOString(), action: "mark" }]);
  await until(async () => (await ask(`SELECT id FROM events WHERE agent = 'marker' AND id = '${id}'`)) === id);
  return performance.now() - began;
}

export async function latency(probes: number, ceiling: Ceiling): Promise<Figure[]> {
  const slack = await startSlackServer({
    token: TOKEN,
    channels: Object.fromEntries(CHANNELS.map((name, at) => [name, `C0BENCH${at}`])),
  });
  const agents = Array.from({ length: probes }, (_, at) => `probe_${at}`);
  const env = { SLACK_BOT_TOKEN: TOKEN, SLACK_CHANNEL: `#${CHANNELS[0]}`, SLACK_API_URL: slack.url };
  const markers = 20;
  const events = Math.round(PER_SECOND * ((probes * PROBE_EVERY_MS) / 1000 + markers * 0.8 + 3));
  try {
    return await withProgram({ config: probesConfig(agents), env }, async (program) => {
      const shape = { agents: 200, tools: 20, perBatch: 50, connections: 4, perSecond: PER_SECOND };
      const background = load(program.up.url, { ...shape, events });
      await delay(3000);
      const delays = await alertDelays(program, slack, agents);
      const visible: number[] = [];
      for (let at = 0; at < markers; at += 1) visible.push(await untilVisible(program, `marker_${at}`));
      await background;
      return [
        {
          name: "event to Slack request, median",
          value: quantile(delays, 0.5),
          unit: "ms",
          goal: { is: "most", value: 250 },
        },
        {
          name: "event to Slack request, p99",
          value: quantile(delays, 0.99),
          unit: "ms",
          goal: { is: "most", value: 1000 },
        },
        {
          name: "event queryable, p95",
          value: quantile(visible, 0.95),
          unit: "ms",
          goal: { is: "most", value: 2000 },
          ceiling: ceiling.queryableP95Ms,
        },
      ];
    });
  } finally {
    await slack.close();
  }
}
