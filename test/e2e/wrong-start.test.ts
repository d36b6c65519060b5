/** What cannot start says so at once, in a sentence, and leaves nothing behind. */
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
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

it.each([
  [["upp"], "unknown command 'upp'; did you mean up?"],
  [["backtest", "--event", "f"], "unknown option '--event'; did you mean --events?"],
  [["ship"], "missing required argument 'file'"],
])("a wrong call, %j, is told in a sentence", async (args, sentence) => {
  expect(await run(args)).toEqual({ code: 2, stdout: "", stderr: `watchkeeper: ${sentence}\n${HELP}` });
});
