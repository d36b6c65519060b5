/** At 2,000 events a second: from a deciding line in the inlet to Slack's request. */
import { setTimeout as delay } from "node:timers/promises";
import { pino } from "pino";
import { connectKafka, PRODUCER_DEFAULTS } from "../../../ingest/kafka/client.ts";
import { TOPICS } from "../../../schemas/topics.ts";
import { until } from "../../e2e/watchkeeper.ts";
import { startSlackServer } from "../../fakes/slack-server.ts";
import type { Figure } from "../figure.ts";
import { CHANNELS, PROBE_EVERY_MS, probesConfig, TOKEN, toldAfter } from "../probes.ts";
import { quantile } from "../process.ts";
import { produce } from "./load.ts";
import { type Broker, ONE, withBroker, withPrograms } from "./place.ts";

const PER_SECOND = 2_000;
/** Compilers and caches are warm when it counts. */
const LEAD_SECONDS = 10;

/** Each agent spends 80 % of its budget with one line; when each was sent, Unix milliseconds. */
async function probe({ brokers }: Broker, agents: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const connection = { brokers: [...brokers], ssl: false };
  const kafka = connectKafka({ connection, clientId: "bench-probe", logger: pino({ level: "silent" }) });
  const producer = kafka.producer(PRODUCER_DEFAULTS);
  await producer.connect();
  const sentAt = new Map<string, number>();
  for (const agent of agents) {
    const line = { agent, id: agent, timestamp: new Date().toISOString(), api: "openai", cost: "$0.8" };
    sentAt.set(agent, Date.now());
    await producer.send({ topic: TOPICS.events, acks: -1, messages: [{ key: agent, value: JSON.stringify(line) }] });
    await delay(PROBE_EVERY_MS);
  }
  await producer.disconnect();
  return sentAt;
}

export async function kafkaLatency(probes: number): Promise<Figure[]> {
  const slack = await startSlackServer({
    token: TOKEN,
    channels: Object.fromEntries(CHANNELS.map((name, at) => [name, `C0BENCH${at}`])),
  });
  const agents = Array.from({ length: probes }, (_, at) => `probe_${at}`);
  const env = { SLACK_BOT_TOKEN: TOKEN, SLACK_CHANNEL: `#${CHANNELS[0]}`, SLACK_API_URL: slack.url };
  const events = Math.round(PER_SECOND * ((probes * PROBE_EVERY_MS) / 1000 + LEAD_SECONDS + 3));
  try {
    return await withBroker((broker) =>
      withPrograms(broker, { split: ONE, config: probesConfig(agents), env }, async () => {
        const load = { brokers: broker.brokers, topic: TOPICS.events, first: 0, events };
        const background = produce(load, PER_SECOND);
        await delay(LEAD_SECONDS * 1000);
        const sentAt = await probe(broker, agents);
        const told = () => slack.calls.filter(({ method }) => method === "chat.postMessage");
        await until(() => told().length >= agents.length);
        await background;
        const delays = toldAfter(told(), sentAt);
        const goal = (value: number) => ({ unit: "ms", goal: { is: "most" as const, value } });
        return [
          { name: "inlet to Slack request, median", value: quantile(delays, 0.5), ...goal(250) },
          { name: "inlet to Slack request, p99", value: quantile(delays, 0.99), ...goal(1_000) },
        ];
      }),
    );
  } finally {
    await slack.close();
  }
}
