import { chmod, cp, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, it } from "vitest";
import { startLoad } from "../torture/load.ts";
import { seeded } from "../torture/torture.ts";
import { createScene, paidCall, slackEnvironment } from "./scene.ts";
import { metric, type Output, ROOT, readConnectionFile, run, settled, until } from "./watchkeeper.ts";

const scene = createScene();

/** One clear sentence, perhaps one of what to do, and no stack. */
function expectSentence(output: Output, code: number, says: RegExp): void {
  expect(output.stderr).toMatch(says);
  expect(output.stderr).not.toMatch(/^\s+at |node:internal|Error:/m);
  const words = output.stderr.split("\n").filter((line) => line !== "" && !line.startsWith("{"));
  expect(words.length).toBeLessThanOrEqual(2);
  expect(words[0]).toMatch(/^watchkeeper: /);
  expect(output.code).toBe(code);
}

async function freshEnvironment(): Promise<Record<string, string>> {
  const directory = await scene.directory();
  return { WATCHKEEPER_DATA_DIR: join(directory, "data"), WATCHKEEPER_HTTP_PORT: "0" };
}

it("ends with 0 on SIGTERM under load, and everything that was accepted is there at the next start", async () => {
  const directory = await scene.directory();
  const up = await scene.start({ directory });
  let url: string | undefined = up.url;
  const load = startLoad({ url: () => url, agents: 20, linesPerBatch: 400, pauseMs: 0, random: seeded(5) });
  scene.after(() => load.stop());
  const accepted = (): number => [...load.accepted.values()].reduce((sum, ids) => sum + ids.size, 0);
  await until(() => accepted() > 8_000);
  // Whatever hangs, it would end itself with 1 before ten seconds are over.
  expect(await up.stop()).toBe(0);
  url = undefined;
  const next = await scene.start({ directory });
  url = next.url;
  const before = accepted();
  await until(() => accepted() > before + 1_000);
  await load.stop();
  await until(async () => (await next.number("SELECT count() FROM events")) >= accepted());
  await settled(next);
  const counted = "SELECT toUInt32(count()) AS n, toUInt32(uniqExact(agent, id)) AS ids FROM events";
  expect(await next.ask(counted)).toEqual([{ n: accepted(), ids: accepted() }]);
  expect(await next.number("SELECT sum(events) FROM events_hourly")).toBe(accepted());
  expect(await next.stop()).toBe(0);
});

it("says in one sentence that the port is taken", async () => {
  const other = createServer();
  await new Promise<void>((resolve) => void other.listen(0, "127.0.0.1", resolve));
  scene.after(() => other.close());
  const { port } = other.address() as AddressInfo;
  const output = await run(["up"], { env: { ...(await freshEnvironment()), WATCHKEEPER_HTTP_PORT: String(port) } });
  expectSentence(output, 1, new RegExp(`Port ${port} .*taken`));
});

it("says in one sentence that the data directory cannot be written", async () => {
  const directory = await scene.directory();
  const file = join(directory, "file");
  await writeFile(file, "");
  const below = await run(["up"], { env: { WATCHKEEPER_DATA_DIR: join(file, "data") } });
  expectSentence(below, 1, /data directory .* cannot be written/);
  if (process.getuid?.() === 0) return;
  await chmod(directory, 0o500);
  const locked = await run(["up"], { env: { WATCHKEEPER_DATA_DIR: join(directory, "data") } });
  await chmod(directory, 0o700);
  expectSentence(locked, 1, /data directory .* cannot be written/);
});

it.each([
  [["review"]],
  [["events", "--agent", "a", "--since", "now-1h", "--until", "now"]],
  [["query", "SELECT 1"]],
  [["deadletters", "list", "--from", "now-1h"]],
])("says in one sentence that there is nothing to look at, and makes nothing: %j", async (args) => {
  const env = await freshEnvironment();
  for (const more of [{}, { KAFKA_BROKERS: "127.0.0.1:1" }]) {
    expectSentence(await run(args, { env: { ...env, ...more } }), 2, /There is nothing to look at in/);
  }
  await expect(readdir(String(env.WATCHKEEPER_DATA_DIR))).rejects.toMatchObject({ code: "ENOENT" });
});

it("refuses a wrong configuration with every mistake and its path, and `check` ends with 3", async () => {
  const directory = await scene.directory();
  const file = join(directory, "watchkeeper.yaml");
  await writeFile(file, "timezoen: UTC\nagents: { bot: { budgets: [{ amount: -1, unit: usd, period: day }] } }\n");
  const env = { ...(await freshEnvironment()), WATCHKEEPER_CONFIG: file };
  const check = await run(["check"], { env });
  expect(check.code).toBe(3);
  expect(check.stdout).toMatch(/timezoen.*timezone/);
  expect(check.stdout).toContain("agents.bot.budgets[0].amount");
  const up = await run(["up"], { env });
  expect(up.code).toBe(2);
  expect(up.stderr).toContain("agents.bot.budgets[0].amount");
  expect(up.stderr).toMatch(/timezoen.*timezone/);
  expect(up.stderr).not.toMatch(/^\s+at /m);
  await writeFile(file, "timezone: Europe/Berlin\n");
  const fine = await run(["check"], { env });
  expect(fine).toMatchObject({ code: 0, stderr: "" });
  expect(await run(["chekc"], { env })).toMatchObject({ code: 2 });
});

it("says in one sentence that the machine has no embedded engine, and what to do", async () => {
  const directory = await scene.directory();
  const modules = join(directory, "node_modules");
  await mkdir(modules);
  for (const name of await readdir(join(ROOT, "node_modules"))) {
    if (name !== "chdb" && name !== "@chdb") await symlink(join(ROOT, "node_modules", name), join(modules, name));
  }
  await cp(join(ROOT, "dist"), join(directory, "dist"), { recursive: true });
  await cp(join(ROOT, "package.json"), join(directory, "package.json"));
  const output = await run(["up"], { env: await freshEnvironment(), main: join(directory, "dist", "main.js") });
  expectSentence(output, 1, /embedded store needs the optional package chdb/);
  expect(output.stderr).toContain("CLICKHOUSE_URL");
});

it("does not listen beyond loopback without a token, and asks for it when there is one", async () => {
  const env = { ...(await freshEnvironment()), WATCHKEEPER_HTTP_HOST: "0.0.0.0" };
  const refused = await run(["up"], { env });
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain("WATCHKEEPER_HTTP_TOKEN");
  expect(refused.stderr).not.toMatch(/^\s+at /m);
  const token = "a-long-and-secret-token-of-ours";
  const up = await scene.start({ env: { WATCHKEEPER_HTTP_HOST: "0.0.0.0", WATCHKEEPER_HTTP_TOKEN: token }, token });
  expect((await up.get("/healthz")).status).toBe(200);
  for (const path of ["/readyz", "/metrics", "/v1/incidents"]) expect((await up.get(path)).status).toBe(401);
  expect((await up.post([paidCall("a", 1)])).status).toBe(401);
  expect((await up.post([paidCall("a", 1)], "/v1/events", { authorization: "Bearer wrong" })).status).toBe(401);
  expect((await up.post([paidCall("a", 1)], "/v1/events", { authorization: `Bearer ${token}` })).status).toBe(200);
  expect(up.stdout() + up.stderr()).not.toContain(token);
  expect(await up.stop()).toBe(0);
});

/** The status of an answer to a request with these headers, the host's name included. */
function statusOf(url: string, headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    asked.on("error", reject).end();
  });
}

it("answers health and metrics on loopback, to nobody who came by a foreign name", async () => {
  const up = await scene.start();
  expect(await (await up.get("/healthz")).json()).toEqual({ status: "ok" });
  const ready = (await (await up.get("/readyz")).json()) as { checks: { name: string; ok: boolean }[] };
  expect(ready).toMatchObject({ status: "ready" });
  expect(ready.checks.map(({ name, ok }) => [name, ok])).toEqual(
    ["log", "watch", "store", "sends"].map((name) => [name, true]),
  );
  await up.post([paidCall("a", 1), "nonsense"]);
  expect(await metric(up, "watchkeeper_gateway_events_accepted_total")).toBe(1);
  expect(await metric(up, "watchkeeper_gateway_lines_rejected_total")).toBe(1);
  expect(await metric(up, "watchkeeper_engine_up")).toBe(1);
  for (const path of ["/healthz", "/metrics", "/v1/incidents"]) {
    expect(await statusOf(`${up.url}${path}`, { host: "watchkeeper.example.com" })).toBe(403);
    expect(await statusOf(`${up.url}${path}`, { origin: "https://example.com" })).toBe(403);
    expect(await statusOf(`${up.url}${path}`, { host: "localhost" })).toBe(200);
  }
  expect(await up.stop()).toBe(0);
});

it("pings the heartbeat while all is well, and no more when Slack refuses what is to be told", async () => {
  let pings = 0;
  const outside = createServer((_request, answer) => {
    pings += 1;
    answer.end();
  });
  await new Promise<void>((resolve) => void outside.listen(0, "127.0.0.1", resolve));
  scene.after(() => {
    outside.closeAllConnections();
    outside.close();
  });
  const slack = await scene.slack();
  const { port } = outside.address() as AddressInfo;
  const budget = "defaults: { budgets: [{ amount: 1, unit: usd, period: month }] }";
  const up = await scene.start({
    config: `heartbeat: { url: "http://127.0.0.1:${port}/secret", every: 1s }\n${budget}\n`,
    env: slackEnvironment(slack),
  });
  await until(() => pings > 1);
  slack.failAlways("chat.postMessage", { kind: "error", error: "channel_not_found" });
  await up.post([paidCall("a", 0.8)]);
  const withheld = () => up.logs().filter(({ msg }) => msg === "heartbeat withheld");
  await until(() => withheld().length > 0);
  const last = pings;
  await until(() => withheld().length > 2);
  expect(pings).toBe(last);
  expect(JSON.stringify(withheld()[0])).toContain("channel_not_found");
  expect(up.stderr()).not.toContain("/secret");
  expect(await up.stop()).toBe(0);
});

/** Takes longer than any start. */
const LONG =
  "SELECT sum(cityHash64(x, y)) FROM (SELECT arrayJoin(range(1000000)) AS x) AS a CROSS JOIN (SELECT arrayJoin(range(1000000)) AS y) AS b";

it("answers looking commands beside `up` and without it, and gives way to an `up` that starts", async () => {
  const directory = await scene.directory();
  const up = await scene.start({ directory });
  await up.post([paidCall("looked_at", 1.5, { id: "one" }), paidCall("looked_at", 0.5, { id: "two" })]);
  await until(async () => (await up.number("SELECT count() FROM events")) === 2);
  const asked = [
    ["events", "--agent", "looked_at", "--format", "json"],
    ["review", "--format", "text"],
    ["query", "SELECT agent, sum(events) AS n, sum(cost) AS cost FROM events_hourly GROUP BY agent", "--format", "csv"],
    ["query", "@tools", "--format", "json"],
  ];
  const beside = await Promise.all(asked.map((args) => up.command(...args)));
  expect(beside[0]?.trim().split("\n")).toHaveLength(2);
  expect(beside[1]).toContain("looked_at");
  expect(await up.stop()).toBe(0);

  const env = { WATCHKEEPER_DATA_DIR: join(directory, "data") };
  for (const [at, args] of asked.entries()) {
    const { code, stdout, stderr } = await run(args, { env });
    expect([code, stderr]).toEqual([0, ""]);
    if (args[0] !== "review") expect(stdout).toBe(beside[at]);
    else expect(stdout).toContain("looked_at");
  }

  const long = run(["query", LONG], { env });
  const isLooking = async (): Promise<boolean> => {
    const locks = (await readdir(env.WATCHKEEPER_DATA_DIR)).filter((name) => /^lock\.\d+$/.test(name));
    const texts = await Promise.all(
      locks.map((name) => readFile(join(env.WATCHKEEPER_DATA_DIR, name), "utf8").catch(() => "{}")),
    );
    return texts.some((text) => {
      const { kind, holder } = JSON.parse(text) as { kind?: string; holder?: unknown };
      return kind === "look" && holder !== null;
    });
  };
  await until(isLooking);
  const next = await scene.start({ directory });
  const gaveWay = await long;
  expectSentence(gaveWay, 1, /made room/);
  expect((await readConnectionFile(directory)).pid).toBe(next.pid);
  expect(await next.number("SELECT count() FROM events")).toBe(2);
  expect(await next.stop()).toBe(0);
});
