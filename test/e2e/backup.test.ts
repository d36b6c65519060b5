import { appendFile, mkdir, readdir, readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { startLoad } from "../torture/load.ts";
import { seeded } from "../torture/torture.ts";
import { createScene, paidCall, slackEnvironment } from "./scene.ts";
import { expectRollUpsEqual, idsIn, stepToldBy } from "./stored.ts";
import { run, settled, until } from "./watchkeeper.ts";

const scene = createScene();

/** Each incident alone, so that one message is one incident. */
const CONFIG = "alerts: { groupFor: 0s }\ndefaults: { budgets: [{ amount: 5, unit: usd, period: month }] }\n";

const dataOf = (directory: string) => ({ WATCHKEEPER_DATA_DIR: join(directory, "data") });

async function backUp(directory: string): Promise<string> {
  const target = join(await scene.directory(), "backup");
  const { code, stdout, stderr } = await run(["backup", target], { env: dataOf(directory) });
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toContain(target);
  return target;
}

/** Restores into a new folder. */
async function restored(backup: string): Promise<string> {
  const directory = await scene.directory();
  const { code, stdout, stderr } = await run(["restore", backup], { env: dataOf(directory) });
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toContain("all as they were written");
  return directory;
}

it("backs up under load, and what was acknowledged before is restored once, in the table and in roll-ups", async () => {
  const slack = await scene.slack();
  const directory = await scene.directory();
  const env = slackEnvironment(slack);
  const up = await scene.start({ directory, config: CONFIG, env });
  const load = startLoad({ url: () => up.url, agents: 30, linesPerBatch: 200, pauseMs: 0, random: seeded(11) });
  scene.after(() => load.stop());
  const accepted = (): number => [...load.accepted.values()].reduce((sum, ids) => sum + ids.size, 0);
  await until(() => accepted() > 5_000 && slack.firsts().length > 0);
  const told = slack.messages.map(stepToldBy);
  const before = new Map([...load.accepted].map(([agent, ids]) => [agent, new Set(ids)]));
  const refused = load.refused();
  const backup = await backUp(directory);
  const grown = accepted();
  await until(() => accepted() > grown + 1_000);
  await load.stop();
  await settled(up);
  expect(await up.stop()).toBe(0);

  const elsewhere = await restored(backup);
  const next = await scene.start({ directory: elsewhere, config: CONFIG, env });
  await settled(next);
  const stored = await idsIn(next);
  const missing = [...before].flatMap(([agent, ids]) => [...ids].filter((id) => !stored.get(agent)?.has(id)));
  expect(missing).toEqual([]);
  await expectRollUpsEqual(next);
  expect(await next.number("SELECT count() FROM dead_letters")).toBeGreaterThanOrEqual(refused);
  // What was told after the backup is not known to it.
  const all = slack.messages.map(stepToldBy);
  expect(told.filter((one) => all.filter((other) => other === one).length > 1)).toEqual([]);
  expect(await next.stop()).toBe(0);
});

it("tells nothing again after a restore, goes on shipping where it was, and knows repeated identities", async () => {
  const slack = await scene.slack();
  const directory = await scene.directory();
  const env = slackEnvironment(slack);
  const up = await scene.start({ directory, config: CONFIG, env });
  const once = paidCall("told", 4, { id: "the-one" });
  const file = join(await scene.directory(), "agent.jsonl");
  const line = (n: number) => `${JSON.stringify(paidCall("shipped", 0.01, { endpoint: `/v1/${n}` }))}\n`;
  await writeFile(file, Array.from({ length: 50 }, (_, n) => line(n)).join(""));
  const ship = (where: string) => run(["ship", file, "--once"], { env: dataOf(where) });
  expect((await ship(directory)).code).toBe(0);
  await up.post([once]);
  await until(() => slack.firsts().length === 1);
  await settled(up);
  const backup = await backUp(directory);
  expect(await up.stop()).toBe(0);

  const elsewhere = await restored(backup);
  const next = await scene.start({ directory: elsewhere, config: CONFIG, env });
  await appendFile(file, line(50));
  expect((await ship(elsewhere)).code).toBe(0);
  await next.post([once]);
  await settled(next);
  await until(async () => (await next.number("SELECT count() FROM events WHERE agent = 'shipped'")) >= 51);
  const counts = "SELECT agent, toUInt32(count()) AS n FROM events GROUP BY agent ORDER BY agent";
  expect(await next.ask(counts)).toEqual([
    { agent: "shipped", n: 51 },
    { agent: "told", n: 1 },
  ]);
  await expectRollUpsEqual(next);
  expect(slack.messages).toHaveLength(1);
  expect(await next.stop()).toBe(0);

  const names = await readdir(backup, { recursive: true });
  expect(names.filter((name) => /connection|lock|config\.xml|users\.xml/.test(name))).toEqual([]);
});

it("backs up what a kill left behind without `up`, and the rest of it is stored once", async () => {
  const directory = await scene.directory();
  const up = await scene.start({ directory });
  const load = startLoad({ url: () => up.url, agents: 10, linesPerBatch: 500, pauseMs: 0, random: seeded(3) });
  const accepted = (): number => [...load.accepted.values()].reduce((sum, ids) => sum + ids.size, 0);
  await until(() => accepted() > 3_000);
  const known = accepted();
  await up.kill();
  await load.stop();
  const backup = await backUp(directory);
  const next = await scene.start({ directory: await restored(backup) });
  await settled(next);
  const stored = [...(await idsIn(next)).values()].reduce((sum, ids) => sum + ids.size, 0);
  expect(stored).toBeGreaterThanOrEqual(known);
  await expectRollUpsEqual(next);
  expect(await next.stop()).toBe(0);
});

it("refuses with a sentence a folder that is not empty, a damaged backup and a half one", async () => {
  const directory = await scene.directory();
  const up = await scene.start({ directory });
  await up.post([paidCall("a", 1)]);
  await settled(up);
  const backup = await backUp(directory);
  const again = await run(["backup", backup], { env: dataOf(directory) });
  expect(again).toMatchObject({ code: 2, stdout: "" });
  expect(again.stderr).toMatch(/^watchkeeper: .* is not empty/);
  const inside = await run(["backup", join(directory, "data", "copy")], { env: dataOf(directory) });
  expect(inside.stderr).toMatch(/lies in the data directory/);
  const open = await fetch(`${up.url}/v1/backup`, { method: "POST", body: '{"directory":"/tmp/nowhere"}' });
  expect(open.status).toBe(401);
  expect(await up.stop()).toBe(0);

  const full = await run(["restore", backup], { env: dataOf(directory) });
  expect(full.code).toBe(2);
  expect(full.stderr).toMatch(/^watchkeeper: The data directory .* is not empty/);

  const fresh = dataOf(await scene.directory());
  const log = join(backup, "log", "data.mdb");
  const bytes = await readFile(log);
  const changed = Buffer.from(bytes);
  changed[8192] = (changed[8192] ?? 0) ^ 1;
  await writeFile(log, changed);
  const tampered = await run(["restore", backup], { env: fresh });
  expect(tampered.code).toBe(1);
  expect(tampered.stderr).toMatch(/damaged: log\/data\.mdb was changed/);
  await writeFile(log, bytes);
  const manifest = join(backup, "manifest.json");
  const text = await readFile(manifest, "utf8");
  await writeFile(manifest, text.replace('"partition": 0', '"partition": 1'));
  expect((await run(["restore", backup], { env: fresh })).stderr).toMatch(/manifest\.json is not as it was written/);
  await truncate(manifest, 10);
  expect((await run(["restore", backup], { env: fresh })).code).toBe(1);
  await mkdir(join(backup, "..", "half"));
  const half = await run(["restore", join(backup, "..", "half")], { env: fresh });
  expect(half.code).toBe(2);
  expect(half.stderr).toMatch(/holds no whole backup/);
  await expect(readdir(fresh.WATCHKEEPER_DATA_DIR)).rejects.toThrow(/ENOENT/);
  await writeFile(manifest, text);
  expect((await run(["restore", backup], { env: fresh })).code).toBe(0);
});
