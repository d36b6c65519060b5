import { afterEach, expect, it } from "vitest";
import { type SlackServer, startSlackServer } from "../fakes/slack-server.ts";
import { run, start, temporaryDirectory, until, type Watchkeeper } from "./watchkeeper.ts";

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function watched(): Promise<{ readonly up: Watchkeeper; readonly slack: SlackServer }> {
  const slack = await startSlackServer();
  closers.push(() => slack.close());
  const directory = await temporaryDirectory();
  closers.push(directory.dispose);
  const env = { SLACK_BOT_TOKEN: "xoxb-test", SLACK_CHANNEL: "#agent-alerts", SLACK_API_URL: slack.url };
  const config = "agents: { spender: { budgets: [{ amount: 1, unit: usd, period: day }] } }";
  const up = await start({ directory: directory.path, config, env });
  closers.push(up.kill);
  return { up, slack };
}

const calls = (agent: string, count: number, fields: object): object[] =>
  Array.from({ length: count }, (_, n) => {
    return {
      id: `${agent}${n}`,
      agent,
      timestamp: new Date().toISOString(),
      api: "search",
      endpoint: "/same",
      ...fields,
    };
  });

it("are acknowledged and said to be expected from the command line, and Slack shows by whom", async () => {
  const { up, slack } = await watched();
  expect(await up.command("incidents")).toBe("No open incidents.\n");
  await up.post([...calls("looper", 100, {}), ...calls("spender", 1, { cost: 0.8 })]);
  await until(() => slack.messages.length === 2);
  const listed = (await up.command("incidents", "list", "--format", "json")).trim().split("\n");
  const incidents = listed.map((line) => JSON.parse(line) as { id: string; detector: string });
  const idOf = (detector: string): string => incidents.find((one) => one.detector === detector)?.id as string;

  const learned = await up.command("incidents", "expected", idOf("loop"), "--by", "ada");
  expect(learned).toMatch(/^expected: looper repeats the same call to "?search"?\n/);
  const seen = await up.command("incidents", "ack", idOf("budget"), "--by", "bob <!channel>");
  expect(seen).toMatch(/^acknowledged: spender used 70 % /);
  const text = await until(async () => {
    const now = await up.command("incidents");
    return now.includes("acknowledged by ada") && now.includes("acknowledged by bob <!channel>") && now;
  });
  expect(text).toContain(idOf("loop"));
  await until(() => {
    const shown = JSON.stringify(slack.messages.map(({ blocks }) => blocks));
    return shown.includes("acknowledged by ada") && shown.includes("acknowledged by bob");
  });
  expect(JSON.stringify(slack.messages)).not.toContain("<!channel>");
  expect(slack.messages).toHaveLength(2);

  await expect(up.command("incidents", "expected", idOf("budget"), "--by", "ada")).rejects.toThrow("learns nothing");
  await expect(up.command("incidents", "ack", "unknown", "--by", "ada")).rejects.toThrow("ended with 2");
  await until(async () => (await up.number("SELECT count() FROM controls WHERE type = 'human'")) === 2);
  expect(await up.stop()).toBe(0);
  const env = { WATCHKEEPER_DATA_DIR: `${up.directory}/data` };
  const alone = await run(["incidents"], { env });
  expect([alone.code, alone.stderr]).toEqual([1, expect.stringContaining("No `up` runs on the data directory")]);
});
