import { expect, it } from "vitest";
import { type Rhythm, random } from "../detectors/fleet.ts";
import type { SlackServer } from "../fakes/slack-server.ts";
import { hourOf, type Line, linesOf, portions, shiftFrom, WEEK_MS } from "./rhythms.ts";
import { createScene, slackEnvironment } from "./scene.ts";
import { settled, until, type Watchkeeper } from "./watchkeeper.ts";

const scene = createScene();

/** Before the present hour for five hours, and after it for as long: what comes now is usual. */
const AT_WORK = -4;
/** Begins long after the present hour and ended long before it. */
const ASLEEP = 8;

function fleet(now: number): Rhythm[] {
  const agent = (name: string, zone: string, ahead: number): Rhythm => ({
    agent: name,
    zone,
    tools: { web_search: 20, read_file: 8, openai: 15 },
    prices: { openai: 0.03 },
    share: shiftFrom(ahead, zone, now),
  });
  return [
    agent("eager", "UTC", AT_WORK),
    agent("looper", "Asia/Tokyo", AT_WORK),
    agent("spender", "UTC", AT_WORK),
    agent("sleeper", "UTC", ASLEEP),
    agent("calm", "UTC", AT_WORK),
    agent("calm_too", "Asia/Tokyo", AT_WORK),
  ];
}

const CONFIG = `
agents:
  looper: { timezone: Asia/Tokyo }
  calm_too: { timezone: Asia/Tokyo }
`;

let serial = 0;

/** Calls within the last minutes; `fields` go over what differs from call to call. */
function callsNow(agent: string, api: string, count: number, fields: Record<string, unknown> = {}): object[] {
  return Array.from({ length: count }, () => {
    serial += 1;
    return {
      agent,
      api,
      id: `n${serial}`,
      timestamp: new Date().toISOString(),
      endpoint: `/live/${serial}`,
      ...fields,
    };
  });
}

async function post(up: Watchkeeper, lines: readonly object[], path?: string): Promise<void> {
  const answer = await up.post(lines, path);
  expect(answer.status).toBe(200);
  expect(await answer.json()).toEqual({ accepted: lines.length, rejected: [] });
}

async function bringIn(up: Watchkeeper, history: readonly Line[]): Promise<void> {
  for (const portion of portions(history, 5_000)) await post(up, portion, "/v1/events?backfill=1");
}

/** What people were told since: agent and detector of each message, and how often it spoke. */
async function told(up: Watchkeeper, slack: SlackServer): Promise<string[]> {
  await settled(up);
  const incidents = await up.ask<{ id: string; agent: string; detector: string }>(
    "SELECT id, agent, detector FROM incidents",
  );
  return slack.messages.map(({ metadata }) => {
    const { incident, step } = (metadata as { event_payload: Record<string, string> }).event_payload;
    const found = incidents.find(({ id }) => id === incident);
    return `${found?.agent} ${found?.detector} ${step}`;
  });
}

it("learns four weeks of history within 30 seconds and then tells each incident once, and nothing else", async () => {
  const slack = await scene.slack();
  const up = await scene.start({ config: CONFIG, env: slackEnvironment(slack) });
  const now = hourOf(Date.now());
  const rhythms = fleet(now);
  const history = linesOf(rhythms, now - 4 * WEEK_MS, now, random(4));
  await bringIn(up, history);
  await until(async () => (await up.number("SELECT uniqExact(agent) FROM baselines")) === rhythms.length);
  await until(
    async () =>
      (await up.number(
        "SELECT uniqExact(key) FROM (SELECT JSONExtractString(body, 'agent') AS key FROM controls WHERE type = 'baseline')",
      )) === rhythms.length,
  );
  await until(async () => (await up.number("SELECT count() FROM events")) === history.length);
  const learnedAfterMs = await until(async () => {
    const ms = await up.number(
      "SELECT (SELECT toUnixTimestamp64Milli(max(computed_at)) FROM baselines) - (SELECT toUnixTimestamp64Milli(max(arrived_at)) FROM events)",
    );
    return ms > 0 && ms;
  });
  expect(learnedAfterMs).toBeLessThan(30_000);
  await settled(up);
  expect(slack.messages).toEqual([]);

  // An ordinary hour, all at once.
  for (const agent of ["calm", "calm_too", "eager"]) {
    await post(up, [
      ...callsNow(agent, "web_search", 20),
      ...callsNow(agent, "read_file", 8),
      ...callsNow(agent, "openai", 15, { cost: 0.03 }),
    ]);
  }
  expect(await told(up, slack)).toEqual([]);

  await post(up, callsNow("eager", "web_search", 100));
  expect(await told(up, slack)).toEqual(["eager tool-frequency opened"]);

  await post(up, callsNow("looper", "web_search", 100, { endpoint: "/same" }));
  expect((await told(up, slack)).slice(1)).toEqual(["looper loop opened"]);

  await post(up, callsNow("spender", "openai", 15, { cost: 0.15 }));
  expect((await told(up, slack)).slice(2)).toEqual(["spender spend opened"]);

  await post(up, callsNow("sleeper", "read_file", 5));
  expect((await told(up, slack)).slice(3)).toEqual(["sleeper off-hours opened"]);

  await post(up, [...callsNow("calm", "web_search", 10), ...callsNow("calm_too", "openai", 8, { cost: 0.03 })]);
  expect(await told(up, slack)).toHaveLength(4);
  expect(await up.stop()).toBe(0);
});
