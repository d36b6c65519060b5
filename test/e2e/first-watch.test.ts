import { afterEach, expect, it } from "vitest";
import { type SlackServer, startSlackServer } from "../fakes/slack-server.ts";
import { run, start, temporaryDirectory, until, type Watchkeeper } from "./watchkeeper.ts";

const MISSION = [
  `{"timestamp":"2026-01-27T14:32:15Z","agent":"competitor_monitor","action":"send_slack_message","details":{"channel":"#alerts","message":"Competitor X lowered prices by 15%"},"success":true}`,
  `{"timestamp":"2026-01-27T14:32:14Z","agent":"competitor_monitor","decision":"alert_price_change","reasoning":"Price dropped from $99 to $84 (15% decrease)","threshold":"10%","action_triggered":"send_slack_message"}`,
  `{"timestamp":"2026-01-27T14:32:12Z","agent":"competitor_monitor","api":"competitor_api","endpoint":"/prices","response_code":200,"cost":"$0.001"}`,
];

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function slack(): Promise<SlackServer> {
  const server = await startSlackServer();
  closers.push(() => server.close());
  return server;
}

async function watchkeeper(config: string, env: Record<string, string> = {}): Promise<Watchkeeper> {
  const directory = await temporaryDirectory();
  closers.push(directory.dispose);
  const running = await start({ directory: directory.path, config, env });
  closers.push(running.kill);
  return running;
}

function call(id: string, agent: string, cost: string): object {
  return {
    id,
    agent,
    timestamp: new Date().toISOString(),
    api: "openai",
    endpoint: "/v1/chat",
    response_code: 200,
    cost,
  };
}

it("stores the three lines of the mission as written and shows them in order", async () => {
  const up = await watchkeeper("");
  const answer = await up.post(MISSION);
  expect(answer.status).toBe(200);
  expect(await answer.json()).toEqual({ accepted: 3, rejected: [] });
  const rows = await until(async () => {
    const found = await up.rows("SELECT kind, tool, raw, cost FROM events ORDER BY timestamp");
    return found.length === 3 && found;
  });
  expect(rows.map((row) => row.kind)).toEqual(["api_call", "decision", "action"]);
  expect(rows.map((row) => row.raw)).toEqual([MISSION[2], MISSION[1], MISSION[0]]);
  expect(Number(rows[0]?.cost)).toBe(0.001);
  const events = await up.command("events", "--agent", "competitor_monitor", "--format", "json");
  expect(events.trim().split("\n")).toHaveLength(3);
  expect(await up.stop()).toBe(0);
});

it("tells one Slack message for a budget and edits it as it goes on", async () => {
  const server = await slack();
  const up = await watchkeeper(
    "agents: { competitor_monitor: { budgets: [{ amount: 10, unit: usd, period: day }] } }",
    { SLACK_BOT_TOKEN: "xoxb-test", SLACK_CHANNEL: "#agent-alerts", SLACK_API_URL: server.url },
  );
  for (let at = 0; at < 6; at += 1) await up.post([call(`a${at}`, "competitor_monitor", "$1.00")]);
  await up.post([call("a6", "competitor_monitor", "$1.02")]);
  const message = await until(() => server.messages[0]);
  expect(message.text).toContain("competitor_monitor");
  expect(message.text).toContain("70 %");
  expect(JSON.stringify(message.blocks)).toContain("$7.02 of $10.00");
  await up.post([call("a7", "competitor_monitor", "$2.10")]);
  await until(() => server.messages[0]?.text.includes("90 %"));
  expect(server.messages.filter((sent) => sent.thread_ts === undefined)).toHaveLength(1);
  expect(await up.stop()).toBe(0);
});

it("finds the same answers while it runs and after it stopped", async () => {
  const directory = await temporaryDirectory();
  closers.push(directory.dispose);
  const up = await start({ directory: directory.path });
  closers.push(up.kill);
  await up.post([call("a1", "one", "$0.5"), call("a2", "one", "$0.25"), "not json"]);
  const question = "SELECT sum(events) AS events, toString(sum(cost)) AS cost FROM events_hourly";
  const beside = await until(async () => {
    const rows = await up.rows(question);
    return Number(rows[0]?.events) === 2 && rows;
  });
  await until(async () => (await up.rows("SELECT reason FROM dead_letters")).length === 1);
  expect(await up.stop()).toBe(0);
  const env = { WATCHKEEPER_DATA_DIR: `${directory.path}/data` };
  const alone = await run(["query", question, "--format", "json"], { env });
  expect(alone.code).toBe(0);
  expect(JSON.parse(alone.stdout)).toEqual(beside[0]);
  const review = await run(["review", "--format", "json"], { env });
  expect(review.code).toBe(0);
  expect(JSON.stringify(JSON.parse(review.stdout))).toContain('"one"');
});

it("refuses a second process on the same data directory and leaves the first one unharmed", async () => {
  const up = await watchkeeper("");
  const second = await run(["up"], {
    env: { WATCHKEEPER_DATA_DIR: `${up.directory}/data`, WATCHKEEPER_HTTP_PORT: "0" },
  });
  expect(second.code).toBe(1);
  expect(second.stderr).toContain(String(up.pid));
  expect((await up.post([call("a1", "one", "$1")])).status).toBe(200);
  expect(await up.stop()).toBe(0);
});
