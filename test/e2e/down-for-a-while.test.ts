/** What the program leans on is away for tens of seconds, or for `AWAY_SECONDS`: ClickHouse, Slack, Kafka. */
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { SlackServer } from "../fakes/slack-server.ts";
import { kafkaAvailable } from "../kafka/available.ts";
import { type Cluster, startBroker } from "../kafka/broker.ts";
import { type Load, startLoad } from "../torture/load.ts";
import { seeded } from "../torture/torture.ts";
import { createScene, paidCall, slackEnvironment } from "./scene.ts";
import { metric, settled, until, type Watchkeeper } from "./watchkeeper.ts";

const AWAY_S = Number(process.env.AWAY_SECONDS ?? 15);
const AWAY_MS = 1_000 * AWAY_S;
/** What was held up meanwhile comes after. */
const TIMEOUT = { timeout: 240_000 + 3 * AWAY_MS };
const DEAD = `tells alerts one after the other while ClickHouse is dead for ${AWAY_S} s, and stores every event once afterwards`;
const MUTE = `takes events in while Slack answers 429, then nothing at all, for ${AWAY_S} s, and tells each alert once, in order`;

const scene = createScene();
const CONFIG =
  "alerts: { groupFor: 0s }\ndefaults: { budgets: [{ amount: 1, unit: uses, tool: pager, period: month, warnAt: [100] }] }\n";

/** One use of the tool is all that the budget allows. */
const page = (agent: string) => paidCall(agent, 0.01, { id: "page", api: "pager" });
const toldOf = (slack: SlackServer) => slack.firsts().map(({ text }) => /pager_\d+/.exec(text)?.[0] ?? text);
const names = (count: number, from = 0) => Array.from({ length: count }, (_, n) => `pager_${from + n}`);

function load(up: () => string | undefined): Load {
  const running = startLoad({ url: up, agents: 20, linesPerBatch: 50, pauseMs: 20, random: seeded(5) });
  scene.after(() => running.stop());
  return running;
}

const acceptedBy = ({ accepted }: Load): number => [...accepted.values()].reduce((sum, ids) => sum + ids.size, 0);

/** Everything that was answered with 200 is stored once, in the roll-up too. */
async function expectStored(up: Watchkeeper, events: number, letters: number): Promise<void> {
  await until(async () => (await up.number("SELECT count() FROM events")) >= events);
  await until(async () => (await up.number("SELECT count() FROM dead_letters")) >= letters);
  await settled(up);
  const counted = "SELECT toUInt32(count()) AS n, toUInt32(uniqExact(agent, id)) AS ids FROM events";
  expect(await up.ask(counted)).toEqual([{ n: events, ids: events }]);
  expect(await up.number("SELECT sum(events) FROM events_hourly")).toBe(events);
  expect(await up.number("SELECT count() FROM dead_letters")).toBe(letters);
}

/** SIGTERM; the exit code. Says how long it took, and which parts of the program were slow. */
async function stopOf(up: Watchkeeper): Promise<number | null> {
  const began = Date.now();
  const code = await up.stop();
  const parts = up.logs().flatMap(({ part, ms }) => (ms === undefined ? [] : [` ${String(part)} ${String(ms)} ms`]));
  process.stdout.write(`stopped after ${Date.now() - began} ms;${parts.join()}\n`);
  return code;
}

/** It may have ended since its number was read. */
function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

it(DEAD, TIMEOUT, async () => {
  const slack = await scene.slack();
  const up = await scene.start({ config: CONFIG, env: slackEnvironment(slack) });
  const loading = load(() => up.url);
  await until(() => acceptedBy(loading) > 500);
  let isOver = false;
  // It is started again on its folder each time, and killed again.
  const killing = (async () => {
    while (!isOver) {
      const pid = await up.enginePid();
      if (pid !== undefined) killIfThere(pid);
    }
  })();
  await until(async () => (await metric(up, "watchkeeper_engine_up")) === 0);
  const paged = names(5);
  for (const [index, name] of paged.entries()) {
    expect((await up.post([page(name)])).status).toBe(200);
    const posted = Date.now();
    await until(() => toldOf(slack).length === index + 1);
    process.stdout.write(`without ClickHouse: told after ${Date.now() - posted} ms\n`);
    await delay(AWAY_MS / 5);
    expect(await metric(up, "watchkeeper_engine_up")).toBe(0);
  }
  expect(toldOf(slack)).toEqual(paged);
  isOver = true;
  await killing;
  await until(async () => (await metric(up, "watchkeeper_engine_up")) === 1);
  await loading.stop();
  await expectStored(up, acceptedBy(loading) + paged.length, loading.refused());
  expect(toldOf(slack)).toEqual(paged);
  expect(await up.stop()).toBe(0);
});

it(MUTE, TIMEOUT, async () => {
  const slack = await scene.slack();
  const up = await scene.start({ config: CONFIG, env: slackEnvironment(slack) });
  const loading = load(() => up.url);
  slack.failAlways("*", { kind: "ratelimited", retryAfter: 2 });
  const paged = names(5);
  for (const name of paged.slice(0, 3)) {
    expect((await up.post([page(name)])).status).toBe(200);
    await until(async () => (await up.number(`SELECT count() FROM incidents WHERE agent = '${name}'`)) === 1);
  }
  await delay(AWAY_MS / 2);
  await slack.close();
  for (const name of paged.slice(3)) {
    expect((await up.post([page(name)])).status).toBe(200);
    await until(async () => (await up.number(`SELECT count() FROM incidents WHERE agent = '${name}'`)) === 1);
  }
  const before = acceptedBy(loading);
  await delay(AWAY_MS / 2);
  // Intake and store went on all the while.
  expect(acceptedBy(loading)).toBeGreaterThan(before);
  await until(async () => (await up.number("SELECT count() FROM events")) > before);
  expect(slack.messages).toEqual([]);
  const back = await scene.slack({ port: Number(new URL(slack.url).port) });
  const backAt = Date.now();
  // A channel that has been out for long is tried once a minute.
  await expect.poll(() => back.firsts().length, { timeout: 120_000 }).toBeGreaterThanOrEqual(paged.length);
  process.stdout.write(`Slack is back: all told after ${Date.now() - backAt} ms\n`);
  await loading.stop();
  await expectStored(up, acceptedBy(loading) + paged.length, loading.refused());
  expect(toldOf(back)).toEqual(paged);
  expect(back.messages).toHaveLength(paged.length);
  expect(await up.stop()).toBe(0);
});

describe.runIf(kafkaAvailable().own)(`Kafka killed for ${AWAY_S} s`, () => {
  it("is said with 503 and by /readyz, and what was answered with 200 is there once", {
    ...TIMEOUT,
  }, async () => {
    const cluster = await startBroker();
    scene.after(() => cluster.stop());
    const slack = await scene.slack();
    const config = `${CONFIG}kafka: { partitions: 4, inletPartitions: 2 }\n`;
    const env = { KAFKA_BROKERS: cluster.brokers.join(","), ...slackEnvironment(slack) };
    const up = await scene.start({ config, env });
    const loading = load(() => up.url);
    const paged = names(2);
    expect((await up.post([page("pager_0")])).status).toBe(200);
    await until(() => toldOf(slack).length === 1);
    await until(() => acceptedBy(loading) > 500);

    await cluster.kill(1, "SIGKILL");
    const began = Date.now();
    // A post may be on its way when the broker dies; the one after it is refused.
    const refused = await until(async () => {
      const answer = await up.post([page("pager_1")], "/v1/events", { "idempotency-key": "pager_1" });
      const body = (await answer.json()) as { error?: { code: string } };
      return answer.status === 200
        ? undefined
        : { status: answer.status, body, after: answer.headers.get("retry-after") };
    });
    process.stdout.write(`Kafka killed: 503 after ${Date.now() - began} ms\n`);
    expect(refused).toMatchObject({ status: 503, body: { error: { code: "log_unavailable" } } });
    expect(Number(refused.after)).toBeGreaterThanOrEqual(1);
    const ready = await until(async () => {
      const answer = await up.get("/readyz");
      return answer.status === 503 ? ((await answer.json()) as { checks: { name: string; ok: boolean }[] }) : undefined;
    });
    expect(ready.checks.find(({ name }) => name === "log")).toMatchObject({ ok: false });
    expect((await up.get("/healthz")).status).toBe(200);
    await delay(AWAY_MS);
    await cluster.restart(1);
    await until(async () => (await up.get("/readyz")).status === 200);
    await until(
      async () => (await up.post([page("pager_1")], "/v1/events", { "idempotency-key": "pager_1" })).status === 200,
    );
    const before = acceptedBy(loading);
    await until(() => acceptedBy(loading) > before + 500);
    await loading.stop();
    await until(() => toldOf(slack).length === paged.length);
    await expectStored(up, acceptedBy(loading) + paged.length, loading.refused());
    expect(toldOf(slack)).toEqual(paged);
    expect(await stopOf(up)).toBe(0);
  });
});

describe.runIf(kafkaAvailable().own)("stopped while Kafka is away", () => {
  it.each([
    ["is gone", "SIGKILL" as const, (cluster: Cluster) => cluster.restart(1)],
    ["stands still", "SIGSTOP" as const, (cluster: Cluster) => cluster.kill(1, "SIGCONT")],
  ])("it ends in order when the broker %s, and the next start has everything once", async (_name, signal, mend) => {
    const cluster = await startBroker();
    scene.after(() => cluster.stop());
    const directory = await scene.directory();
    const config = "kafka: { partitions: 4, inletPartitions: 2 }\n";
    const env = { KAFKA_BROKERS: cluster.brokers.join(",") };
    let up = await scene.start({ directory, config, env });
    const loading = load(() => up.url);
    await until(() => acceptedBy(loading) > 500);
    await cluster.kill(1, signal);
    expect(await stopOf(up)).toBe(0);
    await mend(cluster);
    const before = acceptedBy(loading);
    up = await scene.start({ directory, config, env });
    await until(() => acceptedBy(loading) > before + 500);
    await loading.stop();
    await expectStored(up, acceptedBy(loading), loading.refused());
    expect(await stopOf(up)).toBe(0);
  });
});
