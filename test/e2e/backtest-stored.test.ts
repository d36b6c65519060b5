/** What the store holds is judged again as it was judged when it came. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { createScene, paidCall } from "./scene.ts";
import { run, settled, until } from "./watchkeeper.ts";

const scene = createScene();

/** A loop, a budget that is passed, an error that repeats, a secret, and work of every kind of field. */
const lines = (): object[] => {
  const timestamp = new Date().toISOString();
  const loop = Array.from({ length: 12 }, (_, n) => paidCall("looper", 0.01, { id: `l${n}` }));
  const spender = Array.from({ length: 9 }, (_, n) =>
    paidCall("spender", 1, { id: `s${n}`, endpoint: `/v1/${n}`, model: "m", input_tokens: 10, output_tokens: n }),
  );
  const failing = Array.from({ length: 12 }, (_, n) => ({
    ...{ agent: "failer", timestamp, id: `f${n}`, action: "send", target: `a${n}@example.com` },
    ...{ success: false, error: "permission denied", duration_ms: 1.5 * n, trigger: "cron", run: "r" },
  }));
  const told = { agent: "teller", timestamp, id: "t", decision: "go", details: `key AKIA${"ABCDEFGHIJKLMNOP"}` };
  return [...loop, ...spender, ...failing, told];
};

interface Told {
  readonly agent: string;
  readonly detector: string;
  readonly title: string;
}

it("finds in the store what was found in production", async () => {
  const directory = await scene.directory();
  const config = "agents:\n  spender: { budgets: [{ amount: 10, unit: usd, period: day }] }\n";
  const up = await scene.start({ directory, config });
  const sent = lines();
  expect((await up.post(sent)).status).toBe(200);
  await until(async () => (await up.number("SELECT count() FROM events")) === sent.length);
  await until(async () => (await up.number("SELECT count() FROM incidents FINAL WHERE severity != 'info'")) >= 4);
  await settled(up);
  const question =
    "SELECT agent, detector, title FROM incidents FINAL WHERE severity != 'info' ORDER BY detector, agent";
  const found = await up.ask<Told>(question);
  const env = {
    WATCHKEEPER_CONFIG: join(directory, "watchkeeper.yaml"),
    WATCHKEEPER_DATA_DIR: join(directory, "data"),
  };
  const judgeAgain = async (...times: string[]) => {
    const alerts = join(directory, "alerts.jsonl");
    const output = await run(["backtest", ...times, "--alerts", alerts], { cwd: directory, env });
    expect([output.code, output.stderr]).toEqual([0, ""]);
    const told = (await readFile(alerts, "utf8")).split("\n").filter((line) => line !== "");
    return told.map((line) => JSON.parse(line) as Told);
  };
  const sorted = (all: Told[]) => all.map(({ agent, detector }) => `${detector} of ${agent}`).sort();
  // Beside the running program, and alone.
  expect(sorted(await judgeAgain("--from", "now-1h"))).toEqual(sorted(found));
  expect(await up.stop()).toBe(0);
  expect(sorted(await judgeAgain("--from", "now-1h", "--to", "now"))).toEqual(sorted(found));
  expect(await judgeAgain("--from", "now-1h", "--to", "now-30m")).toEqual([]);
  for (const wrong of [
    ["--to", "now"],
    ["--from", "now-1h", "--events", "x"],
    ["--from", "yesterday"],
  ]) {
    const output = await run(["backtest", ...wrong], { cwd: directory, env });
    expect([output.code, output.stdout]).toEqual([2, ""]);
  }
});
