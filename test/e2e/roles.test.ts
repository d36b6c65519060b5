/** Several real processes on a real broker, sharing the work; and one process that is asked for too little. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SlackServer } from "../fakes/slack-server.ts";
import { type RunningEngine, runEngine } from "../ingest/engine/running-engine.ts";
import { kafkaAvailable } from "../kafka/available.ts";
import { type Cluster, startBroker } from "../kafka/broker.ts";
import { createScene, paidCall, slackEnvironment } from "./scene.ts";
import { metric, run, until, type Watchkeeper } from "./watchkeeper.ts";

const scene = createScene();

const CONFIG = `
alerts: { groupFor: 0s }
kafka: { partitions: 6, inletPartitions: 3 }
defaults: { budgets: [{ amount: 10, unit: usd, period: week }] }
`;

describe("--roles without Kafka", () => {
  it("is refused as a wrong use, with what is needed", async () => {
    const directory = await scene.directory();
    const env = { WATCHKEEPER_DATA_DIR: directory, WATCHKEEPER_HTTP_PORT: "0" };
    const alone = await run(["up", "--roles", "store,watch"], { env });
    expect([alone.code, alone.stderr]).toEqual([2, expect.stringContaining("KAFKA_BROKERS")]);
    const misspelt = await run(["check", "--roles", "stroe"], { env });
    expect([misspelt.code, misspelt.stderr]).toEqual([2, expect.stringContaining('did you mean "store"?')]);
  });
});

describe.runIf(kafkaAvailable().own)("several processes on one Kafka", () => {
  let cluster: Cluster;
  let engine: RunningEngine;

  beforeAll(async () => {
    [cluster, engine] = await Promise.all([startBroker(), runEngine()]);
  });
  afterAll(async () => {
    await Promise.all([cluster.stop(), engine.close()]);
  });

  const kafka = () => ({ KAFKA_BROKERS: cluster.brokers.join(",") });
  const store = () => {
    const { url, writer, database } = engine.engine;
    return {
      CLICKHOUSE_URL: url,
      CLICKHOUSE_USER: writer.username,
      CLICKHOUSE_PASSWORD: writer.password,
      CLICKHOUSE_DATABASE: database,
    };
  };
  const launch = (roles: string, env: Record<string, string> = {}): Promise<Watchkeeper> =>
    scene.start({ args: ["--roles", roles], config: CONFIG, env: { ...kafka(), ...env } });

  async function numberOf(sql: string): Promise<number> {
    const answer = await engine.writer.query({ query: sql, format: "JSONCompactEachRow" }).catch(() => undefined);
    const rows = (await answer?.json<[string]>()) ?? [];
    return Number(rows[0]?.[0]);
  }

  /** The newest thing that was said of an agent at first hand. */
  const toldOf = (slack: SlackServer, agent: string) => slack.firsts().filter(({ text }) => text.includes(agent));

  it("stores once, tells once, and goes on where a killed one stopped", async () => {
    const slack = await scene.slack();
    const agents = Array.from({ length: 6 }, (_, n) => `agent_${n}`);
    const strangers = ["from_java_1", "from_java_2"];
    const all = [...agents, ...strangers];
    const [front, storing, ...watching] = await Promise.all([
      launch("gateway,intake,web"),
      launch("store", store()),
      launch("watch", slackEnvironment(slack)),
      launch("watch", slackEnvironment(slack)),
    ]);
    expect(front.stdout()).toContain(`Kafka at ${cluster.brokers[0]}`);
    expect(storing.stdout()).toContain(`Store: ClickHouse at ${engine.engine.url}`);
    expect(storing.stdout()).not.toContain(engine.engine.writer.password);
    await until(async () => (await Promise.all(watching.map(partitionsOf))).every((count) => count === 3));

    const eight = (agent: string) => Array.from({ length: 8 }, (_, n) => paidCall(agent, 1, { id: `${agent}-${n}` }));
    expect(await (await front.post(agents.flatMap(eight))).json()).toEqual({ accepted: 48, rejected: [] });
    const lines = strangers.flatMap(eight).map((line) => JSON.stringify(line));
    await cluster.consoleProduce("agent-events", lines);

    await until(async () => (await numberOf("SELECT uniqExact(agent, id) FROM events")) === 64);
    await until(async () => (await numberOf("SELECT sum(events) FROM events_hourly")) === 64);
    expect(await numberOf("SELECT count() FROM events")).toBe(64);
    await until(() => all.every((agent) => toldOf(slack, agent).length === 1));
    expect(slack.firsts()).toHaveLength(all.length);

    const shown = async () =>
      ((await (await front.get("/v1/incidents")).json()) as { incidents: { agent: string }[] }).incidents;
    await until(async () => (await shown()).length === all.length);
    expect((await shown()).map(({ agent }) => agent).sort()).toEqual([...all].sort());

    const [victim, survivor] = watching as [Watchkeeper, Watchkeeper];
    await victim.kill();
    await front.post(all.map((agent) => paidCall(agent, 2.5, { id: `${agent}-last` })));
    await until(() => all.every((agent) => toldOf(slack, agent)[0]?.text.includes("limit reached")));
    expect(await partitionsOf(survivor)).toBe(6);
    await until(async () => (await metric(survivor, "watchkeeper_alert_pending")) === 0);
    expect(slack.firsts()).toHaveLength(all.length);
    const replies = slack.replies().map((reply) => `${reply.thread_ts} ${reply.text}`);
    expect(replies).toHaveLength(all.length);
    expect(new Set(replies).size).toBe(all.length);
    await until(async () => (await numberOf("SELECT count() FROM events")) === 72);

    for (const [path, method] of [
      ["/v1/events", "POST"],
      ["/v1/incidents", "GET"],
    ] as const) {
      const answer = await fetch(`${survivor.url}${path}`, { method });
      expect([answer.status, await answer.json()]).toMatchObject([404, { error: { code: "role_not_here" } }]);
    }
    const checks = async (up: Watchkeeper) =>
      ((await (await up.get("/readyz")).json()) as { checks: { name: string }[] }).checks.map(({ name }) => name);
    expect(await checks(front)).toEqual(["log", "intake", "web"]);
    expect(await checks(storing)).toEqual(["log", "store"]);
    expect(await checks(survivor)).toEqual(["log", "watch", "sends"]);

    const beside = await run(["query", "SELECT 1"], { env: { WATCHKEEPER_DATA_DIR: `${front.directory}/data` } });
    expect([beside.code, beside.stderr]).toEqual([1, expect.stringContaining("CLICKHOUSE_URL")]);
    expect(await storing.rows("SELECT count() AS events FROM events")).toEqual([{ events: expect.anything() }]);

    const second = await run(["up", "--roles", "store"], {
      env: { ...kafka(), WATCHKEEPER_DATA_DIR: await scene.directory(), WATCHKEEPER_HTTP_PORT: "0" },
    });
    expect([second.code, second.stderr]).toEqual([2, expect.stringContaining("CLICKHOUSE_URL")]);
    for (const up of [front, storing, survivor]) expect(await up.stop()).toBe(0);
  });
});

/** How many partitions the watch of a process has opened and not given up. */
async function partitionsOf(up: Watchkeeper): Promise<number> {
  const lines = up.logs().filter(({ msg, group }) => msg === "joined the consumer group" && group === "watch");
  return Number(lines.at(-1)?.partitions ?? 0);
}
