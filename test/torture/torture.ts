/**
 * Random `kill -9` of the whole process tree under load. In the end every accepted event is in ClickHouse exactly
 * once, roll-ups equal events, dead letters are exact, and each incident was told once.
 */
import { setTimeout as delay } from "node:timers/promises";
import { start, temporaryDirectory, until, type Watchkeeper } from "../e2e/watchkeeper.ts";
import { type SlackMessage, startSlackServer } from "../fakes/slack-server.ts";
import { startLoad } from "./load.ts";

export interface TortureOptions {
  readonly kills: number;
  readonly agents: number;
  readonly random: () => number;
  readonly say: (line: string) => void;
}

export interface TortureReport {
  readonly kills: number;
  readonly accepted: number;
  readonly stored: number;
  readonly distinct: number;
  readonly rolledUp: number;
  readonly refused: number;
  readonly deadLetters: number;
  /** Agents whose stored dollars are not those that were accepted. */
  readonly wrongSpend: readonly string[];
  /** Agents that crossed their limit by what was accepted. */
  readonly overLimit: number;
  readonly incidents: number;
  /** First messages, each of one incident. */
  readonly messages: number;
  /** What was posted more than once: `incident step`. */
  readonly repeated: readonly string[];
  /** Incidents that nobody was told of. */
  readonly untold: readonly string[];
}

/** Reached by some agents early, by others late, by some never. */
const BUDGET_DOLLARS = 20;

/** A pseudo-random sequence in [0, 1) (mulberry32), so that a failing run can be repeated. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export async function torture(options: TortureOptions): Promise<TortureReport> {
  const slack = await startSlackServer({ token: "xoxb-torture", channels: { torture: "C0TORTURE" } });
  const directory = await temporaryDirectory();
  const launch = () =>
    start({
      directory: directory.path,
      // Each incident alone: a group's message is one post for many incidents, which this count could not tell apart.
      config: `alerts: { groupFor: 0s }\ndefaults: { budgets: [{ amount: ${BUDGET_DOLLARS}, unit: usd, period: month }] }\n`,
      env: { SLACK_BOT_TOKEN: "xoxb-torture", SLACK_CHANNEL: "#torture", SLACK_API_URL: slack.url },
    });
  let up: Watchkeeper | undefined = await launch();
  const load = startLoad({
    url: () => up?.url,
    agents: options.agents,
    linesPerBatch: 200,
    pauseMs: 20,
    random: options.random,
  });
  try {
    for (let kill = 1; kill <= options.kills; kill += 1) {
      await delay(200 + options.random() * 2000);
      const victim: Watchkeeper = up;
      up = undefined;
      await victim.kill();
      up = await launch();
      options.say(`kill ${kill} of ${options.kills}: ready again, ${count(load.accepted)} accepted`);
    }
    await delay(1000);
    await load.stop();
    return await report(up, load, slack.messages, options.kills);
  } finally {
    await load.stop();
    await up?.kill();
    await slack.close();
    await directory.dispose();
  }
}

function count(accepted: ReadonlyMap<string, ReadonlySet<string>>): number {
  let total = 0;
  for (const ids of accepted.values()) total += ids.size;
  return total;
}

/** What a message says of itself to programs. */
export function payloadOf(message: SlackMessage): Readonly<Record<string, unknown>> {
  return (message.metadata as { event_payload?: Record<string, unknown> } | undefined)?.event_payload ?? {};
}

async function report(
  up: Watchkeeper,
  load: ReturnType<typeof startLoad>,
  messages: readonly SlackMessage[],
  kills: number,
): Promise<TortureReport> {
  const accepted = count(load.accepted);
  const overLimit = [...load.spent.values()].filter((millis) => millis >= BUDGET_DOLLARS * 700).length;
  // A batch that was durable but whose answer a kill took counts only when it was posted again; all were.
  const totals = await until(async () => {
    const [row] = await up.rows("SELECT count() AS stored, uniqExact(agent, id) AS distinct FROM events");
    return Number(row?.stored) >= accepted && row;
  });
  const [hourly] = await up.rows("SELECT sum(events) AS events FROM events_hourly");
  const letters = await until(async () => {
    const [row] = await up.rows("SELECT count() AS n FROM dead_letters FINAL");
    return Number(row?.n) >= load.refused() && Number(row?.n);
  });
  const spends = await up.rows(
    "SELECT agent, toUInt64(round(sum(cost) * 1000)) AS millis FROM events_hourly GROUP BY agent",
  );
  const wrongSpend = spends.filter((row) => Number(row.millis) !== load.spent.get(String(row.agent)));
  const firsts = () => messages.filter((message) => message.thread_ts === undefined);
  const incidents = await until(async () => {
    const rows = await up.rows("SELECT id FROM incidents FINAL WHERE detector = 'budget'");
    return rows.length >= overLimit && rows.map((row) => String(row.id));
  });
  const toldOf = (message: SlackMessage) => String(payloadOf(message).incident);
  await until(() => incidents.every((id) => firsts().some((message) => toldOf(message) === id)));
  const steps = messages.map((message) => `${toldOf(message)} ${String(payloadOf(message).step)}`);
  return {
    kills,
    accepted,
    stored: Number(totals.stored),
    distinct: Number(totals.distinct),
    rolledUp: Number(hourly?.events),
    refused: load.refused(),
    deadLetters: letters,
    wrongSpend: wrongSpend.map((row) => String(row.agent)),
    overLimit,
    incidents: incidents.length,
    messages: firsts().length,
    repeated: steps.filter((step, at) => steps.indexOf(step) !== at),
    untold: incidents.filter((id) => !firsts().some((message) => toldOf(message) === id)),
  };
}
