import { expect, it } from "vitest";
import type { Fault, SlackServer } from "../fakes/slack-server.ts";
import { createScene, paidCall, slackEnvironment } from "./scene.ts";
import { settled, until, type Watchkeeper } from "./watchkeeper.ts";

const scene = createScene();
const AGENTS = ["first", "second", "third"];
const CONFIG = "alerts: { groupFor: 0s }\ndefaults: { budgets: [{ amount: 10, unit: usd, period: month }] }\n";

/** An incident of each agent, one after the other, each stored and judged before the next. */
async function incidents(up: Watchkeeper): Promise<void> {
  for (const agent of AGENTS) {
    expect((await up.post([paidCall(agent, 7.5, { id: "a" })])).status).toBe(200);
    // The two tables are written apart from each other: either may be first.
    for (const table of ["incidents", "events"])
      await until(async () => (await up.number(`SELECT count() FROM ${table} WHERE agent = '${agent}'`)) === 1);
  }
}

const agentsOf = (slack: SlackServer): (string | undefined)[] =>
  slack.messages.map(({ text }) => AGENTS.find((agent) => text.includes(agent)));

/** Everything is told, once each and in the order in which it happened. */
async function expectTold(up: Watchkeeper, slack: SlackServer): Promise<void> {
  await until(() => slack.messages.length >= AGENTS.length);
  await settled(up);
  expect(agentsOf(slack)).toEqual(AGENTS);
}

const warnings = (up: Watchkeeper, msg: string) => up.logs().filter((line) => line.msg === msg && line.level >= 40);

it("keeps incidents while Slack cannot be reached and tells each when it is back", async () => {
  const gone = await scene.slack();
  await gone.close();
  const up = await scene.start({ config: CONFIG, env: slackEnvironment(gone) });
  await incidents(up);
  await until(() => warnings(up, "alert not sent yet").some(({ error }) => error === "ECONNREFUSED"));
  const back = await scene.slack({ port: Number(new URL(gone.url).port) });
  await expectTold(up, back);
  expect(await up.stop()).toBe(0);
});

it.each<[string, Fault]>([
  ["is slow", { kind: "slow", ms: 1_500 }],
  ["answers 500 without taking it", { kind: "http", status: 500 }],
  ["answers 500 after it took the message", { kind: "taken", status: 500 }],
  ["resets the connection after it took the message", { kind: "reset", taken: true }],
])("tells each incident once, in order, when Slack %s", async (_, fault) => {
  const slack = await scene.slack();
  const up = await scene.start({ config: CONFIG, env: slackEnvironment(slack) });
  // Several messages are on their way at once, so all are slow alike: none overtakes another.
  slack.fail("chat.postMessage", fault, fault.kind === "slow" ? AGENTS.length : 2);
  await incidents(up);
  await expectTold(up, slack);
  if (fault.kind !== "slow") expect(warnings(up, "alert not sent yet").length).toBeGreaterThan(0);
  expect(await up.stop()).toBe(0);
});

it("waits as long as Slack says when it is told to slow down", async () => {
  const slack = await scene.slack();
  const up = await scene.start({ config: CONFIG, env: slackEnvironment(slack) });
  slack.fail("chat.postMessage", { kind: "ratelimited", retryAfter: 3 });
  await incidents(up);
  await expectTold(up, slack);
  const posts = slack.calls.filter(({ method }) => method === "chat.postMessage");
  expect(posts[0]?.answered).toBe("http_429");
  // Date headers of a second's resolution and clocks of a millisecond's: a hair less is no earlier.
  for (const { at } of posts.slice(1)) expect(at - (posts[0]?.at ?? 0)).toBeGreaterThan(2_990);
  expect(await up.stop()).toBe(0);
});

it("says loudly that the token is refused, shows the alerts here, and tells each once with the right one", async () => {
  const slack = await scene.slack();
  const directory = await scene.directory();
  const launch = (token: string) =>
    scene.start({ directory, config: CONFIG, env: { ...slackEnvironment(slack), SLACK_BOT_TOKEN: token } });
  const wrong = await launch("xoxb-wrong");
  await incidents(wrong);
  await until(() => AGENTS.every((agent) => wrong.stdout().includes(agent)));
  const [refused] = await until(() => {
    const found = warnings(wrong, "alerts are refused");
    return found.length > 0 && found;
  });
  expect(refused).toMatchObject({
    level: 50,
    reason: "invalid_auth",
    hint: expect.stringContaining("SLACK_BOT_TOKEN"),
  });
  const ready = await wrong.get("/readyz");
  expect(ready.status).toBe(200);
  expect(await ready.text()).toContain("invalid_auth");
  expect(wrong.stdout() + wrong.stderr()).not.toContain("xoxb-wrong");
  for (const agent of AGENTS) expect(wrong.stdout().split(`${agent} used`)).toHaveLength(2);
  expect(await wrong.stop()).toBe(0);
  expect(slack.messages).toEqual([]);

  const right = await launch(slack.token);
  await until(() => slack.messages.length >= AGENTS.length);
  await settled(right);
  // After a restart each partition goes on by itself.
  expect(agentsOf(slack).sort()).toEqual([...AGENTS].sort());
  expect(await right.stop()).toBe(0);
});
