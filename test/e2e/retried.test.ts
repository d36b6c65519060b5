import { expect, it } from "vitest";
import { createScene, paidCall, slackEnvironment } from "./scene.ts";
import { settled, until, type Watchkeeper } from "./watchkeeper.ts";

const scene = createScene();

const CONFIG = "alerts: { groupFor: 0s }\ndefaults: { budgets: [{ amount: 10, unit: usd, period: month }] }\n";
const AGENTS = ["with_ids", "with_key", "cut"];

/**
 * 6 dollars in 60 calls: below the 70 % of the budget, and far above it when any part counts twice. Nine of them are
 * the same call, which is one short of a loop.
 */
function calls(agent: string, idOf: (n: number) => object): object[] {
  const endpoint = (n: number) => (n < 9 ? "/v1/chat" : `/v1/files/${n}`);
  return Array.from({ length: 60 }, (_, n) => paidCall(agent, 0.1, { endpoint: endpoint(n), ...idOf(n) }));
}

const WITH_IDS = calls("with_ids", (n) => ({ id: `a${n}` }));
const WITH_KEY = calls("with_key", () => ({}));
const CUT = calls("cut", (n) => ({ id: `c${n}` }));

async function post(up: Watchkeeper, lines: readonly (string | object)[], key?: string): Promise<unknown> {
  const answer = await up.post(lines, "/v1/events", key === undefined ? {} : { "idempotency-key": key });
  expect(answer.status).toBe(200);
  return answer.json();
}

/** Everything again: whole, under the same key, and in other cuts. */
async function postAll(up: Watchkeeper, cuts: readonly number[]): Promise<void> {
  const refused = [{ line: 61, code: "not_json" }];
  expect(await post(up, [...WITH_IDS, "no event"], "dead")).toMatchObject({ accepted: 60, rejected: refused });
  expect(await post(up, [...WITH_KEY, "nor this"], "keyed")).toMatchObject({ accepted: 60, rejected: refused });
  let from = 0;
  for (const to of [...cuts, CUT.length]) {
    await post(up, CUT.slice(from, to));
    from = to;
  }
}

async function expectOnce(up: Watchkeeper): Promise<void> {
  await settled(up);
  await until(async () => (await up.number("SELECT count() FROM events")) >= 180);
  await until(async () => (await up.number("SELECT count() FROM dead_letters")) >= 2);
  const rows = await up.ask(
    "SELECT agent, toUInt32(count()) AS n, toUInt32(uniqExact(id)) AS ids FROM events GROUP BY agent ORDER BY agent",
  );
  expect(rows).toEqual([...AGENTS].sort().map((agent) => ({ agent, n: 60, ids: 60 })));
  const hourly = await up.ask(
    "SELECT agent, toUInt32(sum(events)) AS n, toFloat64(sum(cost)) AS cost FROM events_hourly GROUP BY agent ORDER BY agent",
  );
  expect(hourly).toEqual([...AGENTS].sort().map((agent) => ({ agent, n: 60, cost: 6 })));
  const letters = await up.ask<{ bytes: string }>("SELECT bytes FROM dead_letters ORDER BY bytes");
  expect(letters.map(({ bytes }) => bytes)).toEqual(["no event", "nor this"]);
}

it("counts retried posts once in rows, roll-ups, dead letters and budgets, across a restart too", async () => {
  const slack = await scene.slack();
  const directory = await scene.directory();
  const launch = () => scene.start({ directory, config: CONFIG, env: slackEnvironment(slack) });
  const first = await launch();
  await postAll(first, []);
  await postAll(first, [7, 8, 50]);
  await postAll(first, [59]);
  await expectOnce(first);
  expect(await first.stop()).toBe(0);

  const second = await launch();
  await postAll(second, [1, 30]);
  await expectOnce(second);
  await second.kill();

  const third = await launch();
  await postAll(third, [13]);
  await expectOnce(third);
  expect(slack.messages).toEqual([]);

  // One dollar more is 70 % of each budget, to the cent.
  await post(
    third,
    AGENTS.map((agent) => paidCall(agent, 1, { id: "last", endpoint: "/v1/last" })),
  );
  await until(() => slack.firsts().length === AGENTS.length);
  for (const agent of AGENTS) {
    const message = slack.messages.find(({ text }) => text.includes(agent));
    expect(JSON.stringify(message?.blocks)).toContain("$7.00 of $10.00");
  }
  expect(await third.stop()).toBe(0);
});
