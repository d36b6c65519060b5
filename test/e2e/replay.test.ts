import { join } from "node:path";
import { expect, it } from "vitest";
import { HOUR_MS } from "../../detectors/time/zones.ts";
import { type Rhythm, random } from "../detectors/fleet.ts";
import { createMovableClock } from "./movable-clock.ts";
import { replayed } from "./replayed.ts";
import { hourOf, linesOf, portions, shiftFrom, WEEK_MS } from "./rhythms.ts";
import { createScene, paidCall } from "./scene.ts";
import { settled, until, type Watchkeeper } from "./watchkeeper.ts";

const scene = createScene();
const AHEAD = 3 * HOUR_MS;

/** An hour of the day that is far from now, and from now three hours on. */
const elsewhere = String((new Date().getUTCHours() + 12) % 24).padStart(2, "0");

const configOf = (budget: number): string => `
alerts: { groupFor: 0s }
agents:
  payer: { budgets: [{ amount: ${budget}, unit: usd, period: hour }, { amount: 40, unit: calls, period: day }] }
  looper: { detectors: { loop: { repeats: 5, within: 60s } } }
  nightly: { hours: ["Mon-Sun ${elsewhere}:00-${elsewhere}:30"] }
`;

function calls(
  agent: string,
  count: number,
  fields: (n: number) => Record<string, unknown>,
  now = Date.now(),
): object[] {
  return Array.from({ length: count }, (_, n) =>
    paidCall(agent, 0.01, { timestamp: new Date(now).toISOString(), endpoint: `/${now}/${n}`, ...fields(n) }),
  );
}

async function post(up: Watchkeeper, lines: readonly object[], path?: string): Promise<void> {
  expect((await up.post(lines, path)).status).toBe(200);
}

/** Something for each detector, in batches of their own. */
async function incidents(up: Watchkeeper, now: number): Promise<void> {
  for (let dollar = 0; dollar < 10; dollar += 1) {
    const [call] = calls("payer", 1, () => ({ cost: 1, id: `p${now}-${dollar}` }), now + dollar);
    await post(up, [call as object]);
    await post(up, [call as object]);
  }
  await post(
    up,
    calls("looper", 12, () => ({ endpoint: "/same" }), now),
  );
  await post(up, [
    ...calls("nightly", 3, () => ({}), now),
    { agent: "nightly", decision: "go on", timestamp: "2026-01-01" },
  ]);
  await post(
    up,
    calls("busy", 100, () => ({ api: "web_search" }), now),
  );
  await post(
    up,
    calls("busy_too", 30, () => ({ cost: 0.2 }), now),
  );
  await post(
    up,
    calls("newcomer", 30, () => ({ endpoint: "/again" }), now),
  );
}

it("finds the same, byte for byte, when the journal is judged anew from its first record", async () => {
  const directory = await scene.directory();
  const clock = await createMovableClock(directory);
  const launch = (budget: number) => scene.start({ directory, config: configOf(budget), env: clock.env });

  const first = await launch(10);
  const now = hourOf(Date.now());
  const rhythm = (agent: string): Rhythm => ({
    agent,
    zone: "UTC",
    tools: { web_search: 12, openai: 10 },
    prices: { openai: 0.02 },
    share: shiftFrom(-4, "UTC", now),
  });
  const history = linesOf([rhythm("busy"), rhythm("busy_too")], now - 3 * WEEK_MS, now, random(6));
  for (const portion of portions(history, 5_000)) await post(first, portion, "/v1/events?backfill=1");
  await until(async () => (await first.number("SELECT uniqExact(agent) FROM baselines")) === 2);
  await incidents(first, Date.now());
  await settled(first);

  // Three hours of silence: everything but the day's limit ends, by ticks alone.
  const open = async (): Promise<number> =>
    ((await (await first.get("/v1/incidents")).json()) as { incidents: unknown[] }).incidents.length;
  expect(await open()).toBeGreaterThan(5);
  await clock.moveTo(AHEAD);
  await until(async () => (await open()) <= 1);
  await incidents(first, Date.now() + AHEAD);
  await first.kill();

  const second = await launch(20);
  await incidents(second, Date.now() + AHEAD);
  await settled(second);
  expect(await second.stop()).toBe(0);

  const { production, replay, records } = await replayed(join(directory, "data"));
  expect(records).toMatchObject({ config: 8, baseline: expect.any(Number), tick: expect.any(Number) });
  const detectors = new Set(
    production.findings
      .flat()
      .flatMap((value) => (JSON.parse(value) as { finding?: { detector: string } }).finding?.detector ?? []),
  );
  expect([...detectors].sort()).toEqual(["budget", "loop", "off-hours", "spend", "tool-frequency"]);
  expect(replay.findings).toEqual(production.findings);
  expect([...replay.incidents].sort()).toEqual([...production.incidents].sort());
});
