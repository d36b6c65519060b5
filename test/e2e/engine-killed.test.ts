import { expect, it } from "vitest";
import { startLoad } from "../torture/load.ts";
import { seeded } from "../torture/torture.ts";
import { createScene, paidCall, slackEnvironment } from "./scene.ts";
import { metric, settled, until, type Watchkeeper } from "./watchkeeper.ts";

const scene = createScene();

/** It may have ended since it was asked for. */
function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Kills the engine, and every successor, while the work goes on. */
async function whileDown(up: Watchkeeper, work: () => Promise<void>): Promise<void> {
  let over = false;
  const killing = (async () => {
    while (!over) {
      const pid = await up.enginePid();
      if (pid !== undefined) killIfThere(pid);
    }
  })();
  try {
    await until(async () => (await metric(up, "watchkeeper_engine_up")) === 0);
    await work();
    expect(await metric(up, "watchkeeper_engine_up")).toBe(0);
  } finally {
    over = true;
    await killing;
  }
}

it("tells alerts while the engine alone is dead under load, brings it back, and stores every event once", async () => {
  const slack = await scene.slack();
  const up = await scene.start({
    config: "agents: { payer: { budgets: [{ amount: 10, unit: usd, period: month }] } }",
    env: slackEnvironment(slack),
  });
  const options = { agents: 20, linesPerBatch: 300, pauseMs: 5, random: seeded(3) };
  const load = startLoad({ url: () => up.url, ...options });
  scene.after(() => load.stop());
  const accepted = (): number => [...load.accepted.values()].reduce((sum, ids) => sum + ids.size, 0);
  let told = 0;

  for (const cost of [7.5, 2, 1]) {
    const before = accepted();
    await until(async () => accepted() > before + 2_000);
    await whileDown(up, async () => {
      expect((await up.post([paidCall("payer", cost)])).status).toBe(200);
      const heard = () => slack.messages.reduce((sum, { shown }) => sum + shown.length, 0);
      await until(() => heard() > told);
      told = heard();
      const since = accepted();
      await until(() => accepted() > since + 1_000);
    });
    await until(async () => (await metric(up, "watchkeeper_engine_up")) === 1);
  }
  await load.stop();
  expect(slack.firsts()).toHaveLength(1);
  expect(slack.firsts()[0]?.text).toContain("payer");

  const events = accepted() + 3;
  await until(async () => (await up.number("SELECT count() FROM events")) >= events);
  await settled(up);
  const counted = "SELECT toUInt32(count()) AS n, toUInt32(uniqExact(agent, id)) AS ids FROM events";
  expect(await up.ask(counted)).toEqual([{ n: events, ids: events }]);
  expect(await up.number("SELECT sum(events) FROM events_hourly")).toBe(events);
  expect(await up.number("SELECT count() FROM dead_letters")).toBe(load.refused());
  const spent = await up.ask<{ agent: string; millis: number }>(
    "SELECT agent, toUInt32(round(sum(cost) * 1000)) AS millis FROM events_hourly WHERE agent != 'payer' GROUP BY agent",
  );
  expect(new Map(spent.map(({ agent, millis }) => [agent, millis]))).toEqual(load.spent);
  expect(await metric(up, "watchkeeper_engine_restarts_total")).toBeGreaterThanOrEqual(3);
  expect(up.logs().some(({ msg }) => msg.startsWith("embedded store died"))).toBe(true);
  expect(await up.stop()).toBe(0);
});
