/** What cannot start says so at once, in a sentence, and leaves nothing behind. */
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readdir, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { expect, it } from "vitest";
import { createScene } from "./scene.ts";
import { run } from "./watchkeeper.ts";

const scene = createScene();
const HELP = "See watchkeeper --help, or watchkeeper COMMAND --help.\n";

it("a port that is taken is told before anything else is started", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  scene.after(() => other.close());
  const { port } = other.address() as AddressInfo;
  const directory = await scene.directory();
  const env = { WATCHKEEPER_DATA_DIR: directory, WATCHKEEPER_HTTP_PORT: String(port) };
  const { code, stdout, stderr } = await run(["up"], { env });
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr.split("\n")).toEqual([
    `watchkeeper: Port ${port} on 127.0.0.1 is taken by another process.`,
    expect.stringContaining("WATCHKEEPER_HTTP_PORT"),
    "",
  ]);
  expect((await readdir(directory)).filter((name) => !name.startsWith("lock."))).toEqual([]);
});

it("a data directory that is a file is called so", async () => {
  const file = join(await scene.directory(), "data");
  await writeFile(file, "");
  for (const command of ["up", "review"]) {
    const { code, stderr } = await run([command], { env: { WATCHKEEPER_DATA_DIR: file, WATCHKEEPER_HTTP_PORT: "0" } });
    expect([code, stderr]).toEqual([1, expect.stringContaining(`${file} cannot be written: a file has this name`)]);
  }
});

it("a packed file is not shipped as if it were lines", async () => {
  const file = join(await scene.directory(), "agent.jsonl.1.gz");
  await writeFile(file, "\u001f\u008b");
  expect(await run(["ship", "--once", file])).toEqual({
    ...{ code: 2, stdout: "" },
    stderr: `watchkeeper: ${file} is packed; lines are shipped from plain files.\nUnpack it, such as with gunzip --keep, and ship what comes out.\n`,
  });
});

it("an address with a password is not shipped to, and not shown", async () => {
  const { code, stderr } = await run(["ship", "--to", "http://bob:hunter2@127.0.0.1:7077", "agent.jsonl"]);
  expect([code, stderr]).toEqual([2, expect.stringContaining("takes no user and no password")]);
  expect(stderr).not.toContain("hunter2");
});

it.runIf(existsSync("/dev/full"))("alerts of a backtest that cannot be written are not passed over", async () => {
  const directory = await scene.directory();
  const [events, config] = [join(directory, "events.jsonl"), join(directory, "watchkeeper.yaml")];
  await writeFile(events, '{"timestamp":"2026-01-27T14:32:12Z","agent":"a","api":"openai","cost":"$8"}\n');
  await writeFile(config, "defaults: { budgets: [{ amount: 10, unit: usd, period: day }] }\n");
  const args = ["backtest", "--events", events, "--alerts", "/dev/full"];
  expect(await run(args, { env: { WATCHKEEPER_CONFIG: config } })).toEqual({
    ...{ code: 1, stdout: "" },
    stderr: expect.stringMatching(/^watchkeeper: ENOSPC: /),
  });
});

it.each([
  [["upp"], "unknown command 'upp'; did you mean up?"],
  [["backtest", "--event", "f"], "unknown option '--event'; did you mean --events?"],
  [["ship"], "missing required argument 'file'"],
])("a wrong call, %j, is told in a sentence", async (args, sentence) => {
  expect(await run(args)).toEqual({ code: 2, stdout: "", stderr: `watchkeeper: ${sentence}\n${HELP}` });
});
