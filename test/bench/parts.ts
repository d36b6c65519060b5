/** The parts of the benchmark; each starts what it needs and stops it. */
import { setTimeout as delay } from "node:timers/promises";
import { type StartOptions, start, temporaryDirectory, until, type Watchkeeper } from "../e2e/watchkeeper.ts";
import { startSlackServer } from "../fakes/slack-server.ts";
import { anonymousBytes, cpuSeconds, load, metric, quantile } from "./process.ts";

async function withUp<T>(options: Omit<StartOptions, "directory">, work: (up: Watchkeeper) => Promise<T>): Promise<T> {
  const directory = await temporaryDirectory();
  const up = await start({ ...options, directory: directory.path });
  try {
    return await work(up);
  } finally {
    await up.stop();
    await directory.dispose();
  }
}

async function metrics(up: Watchkeeper): Promise<string> {
  return (await fetch(`${up.url}/metrics`)).text();
}

/** Stored and judged: nobody lags. */
async function drained(up: Watchkeeper, events: number): Promise<void> {
  await until(async () => {
    const text = await metrics(up);
    const behind = metric(text, "watchkeeper_store_lag_records") + metric(text, "watchkeeper_watch_lag_records");
    return behind === 0 && (await stored(up)) >= events;
  });
}

async function stored(up: Watchkeeper): Promise<number> {
  return Number((await up.rows("SELECT count() AS n FROM events"))[0]?.n);
}

export async function readySeconds(): Promise<number> {
  const began = performance.now();
  return withUp({}, async () => (performance.now() - began) / 1000);
}

/** As fast as it goes: from the first post until everything is queryable and judged. */
export async function throughput(events: number): Promise<Record<string, number>> {
  return withUp({}, async (up) => {
    await load(up.url, 100, 20, 20_000, 1000, 4);
    await drained(up, 20_000);
    await metrics(up);
    const cpu = cpuSeconds(up.pid);
    const began = performance.now();
    const { accepted, refusals } = await load(up.url, 200, 20, events, 1000, 8);
    const taken = (performance.now() - began) / 1000;
    const loop = metric(await metrics(up), "nodejs_eventloop_lag_p99_seconds");
    await drained(up, 20_000 + accepted);
    const seconds = (performance.now() - began) / 1000;
    return {
      eventsPerSecond: accepted / seconds,
      acceptedPerSecond: accepted / taken,
      refusals,
      cpuMicrosecondsPerEvent: ((cpuSeconds(up.pid) - cpu) / accepted) * 1e6,
      eventLoopP99Ms: loop * 1000,
    };
  });
}

/** At 2,000 events a second: from the post of a deciding event to Slack's request, and until an event is queryable. */
export async function latency(probes: number): Promise<Record<string, number>> {
  const channels = Array.from({ length: 10 }, (_, at) => `bench-${at}`);
  const slack = await startSlackServer({
    token: "xoxb-bench",
    channels: Object.fromEntries(channels.map((name, at) => [name, `C0BENCH${at}`])),
  });
  // Slack takes a message a second and channel; probes go round over ten.
  const agents = Array.from({ length: probes }, (_, at) => `probe_${at}`);
  const routes = agents.map((agent, at) => ({ match: { agent }, channel: `#${channels[at % channels.length]}` }));
  const budgets = [{ amount: 1, unit: "usd", period: "month", warnAt: [70] }];
  const config = JSON.stringify({
    alerts: { groupFor: "0s" },
    routes,
    agents: Object.fromEntries(agents.map((agent) => [agent, { budgets }])),
  });
  const env = { SLACK_BOT_TOKEN: "xoxb-bench", SLACK_CHANNEL: "#bench-0", SLACK_API_URL: slack.url };
  try {
    return await withUp({ config, env }, async (up) => {
      const background = load(up.url, 200, 20, Math.round(2000 * (probes / 8 + 15)), 100, 4, 2000);
      await delay(3000);
      const posted = new Map<string, number>();
      const visible: number[] = [];
      for (const agent of agents) {
        posted.set(agent, Date.now());
        const event = { agent, id: agent, timestamp: new Date().toISOString(), api: "openai", cost: "$0.8" };
        await up.post([event]);
        await delay(1100 / channels.length);
      }
      for (let at = 0; at < 20; at += 1) visible.push(await untilVisible(up, `marker_${at}`));
      await until(() => slack.messages.length >= probes);
      const delays = slack.calls
        .filter(({ method }) => method === "chat.postMessage")
        .map(({ at, body }) => at - (posted.get(/probe_\d+/.exec(JSON.stringify(body))?.[0] ?? "") ?? Number.NaN));
      await background;
      return {
        alertMedianMs: quantile(delays, 0.5),
        alertP99Ms: quantile(delays, 0.99),
        queryableP95Ms: quantile(visible, 0.95),
        probes: delays.length,
      };
    });
  } finally {
    await slack.close();
  }
}

async function untilVisible(up: Watchkeeper, id: string): Promise<number> {
  const began = Date.now();
  await up.post([{ agent: "marker", id, timestamp: new Date().toISOString(), action: "mark" }]);
  await until(async () => (await up.rows(`SELECT id FROM events WHERE agent = 'marker' AND id = '${id}'`)).length > 0);
  return Date.now() - began;
}

/** What the process grows by, an agent with 20 tools, from a warmed-up start. */
export async function memory(agents: number): Promise<Record<string, number>> {
  return withUp({}, async (up) => {
    const events = agents * 20;
    await load(up.url, 10, 20, events, 1000, 4);
    await drained(up, events);
    await delay(12_000);
    const before = anonymousBytes(up.pid);
    await load(up.url, agents, 20, events, 1000, 4);
    await drained(up, events * 2);
    await delay(12_000);
    const after = anonymousBytes(up.pid);
    return { agents, beforeMB: before / 1e6, afterMB: after / 1e6, bytesPerAgent: (after - before) / agents };
  });
}
