import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lockDataDirectory } from "../../../ingest/data-directory/lock.ts";

/** Takes the lock in a process of its own, says how that went, and holds it until its input ends. */
const TAKING = `
  const { lockDataDirectory } = await import(${JSON.stringify(new URL("../../../dist/ingest/data-directory/lock.js", import.meta.url).href)});
  const [directory, kind] = process.argv.slice(1);
  const lock = await lockDataDirectory(directory, kind, { waitMs: 20000 }).catch((error) => error);
  process.stdout.write((lock.code ?? "taken") + "\\n");
  if (lock.code !== undefined) process.exit();
  lock.wanted.then(() => process.stdout.write("wanted\\n"));
  process.stdin.resume().on("end", () => lock.release().then(() => process.exit()));
`;

const children = new Set<ChildProcess>();
let parent: string;
let directory: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "data-directory-"));
  directory = join(parent, "data");
});
afterEach(async () => {
  for (const child of children) child.kill("SIGKILL");
  await rm(parent, { recursive: true, force: true });
});

function start(kind: "up" | "look") {
  const child = spawn(process.execPath, ["--input-type=module", "--eval", TAKING, directory, kind], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  children.add(child);
  const ended = once(child, "close").then(() => children.delete(child));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    says: async (): Promise<string> => (await lines.next()).value,
    async end(): Promise<void> {
      child.stdin.end();
      await ended;
    },
    async kill(): Promise<void> {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

describe("the lock of the data directory", () => {
  it("creates the directory for its user alone and is free again after release", async () => {
    for (let round = 0; round < 3; round++) {
      const lock = await lockDataDirectory(directory, "up");
      expect((await stat(directory)).mode & 0o777).toBe(0o700);
      await lock.release();
      await lock.release();
    }
    expect(await readdir(directory)).toHaveLength(1);
  });

  it("refuses a second up, naming the first, and leaves everything as it was", async () => {
    const lock = await lockDataDirectory(directory, "up");
    const before = await readdir(directory);
    await expect(lockDataDirectory(directory, "up")).rejects.toMatchObject({
      code: "data_directory_in_use",
      exitCode: 1,
      message: expect.stringContaining(`${process.pid}`),
      hint: expect.stringContaining("WATCHKEEPER_DATA_DIR"),
    });
    expect(await readdir(directory)).toEqual(before);
    await lock.release();
  });

  it("sends who looks to the up that runs", async () => {
    const lock = await lockDataDirectory(directory, "up");
    await expect(lockDataDirectory(directory, "look")).rejects.toMatchObject({ code: "up_is_running" });
    await lock.release();
    await (await lockDataDirectory(directory, "look")).release();
  });

  it("is taken over from a process that was killed", async () => {
    const other = start("up");
    expect(await other.says()).toBe("taken");
    await expect(lockDataDirectory(directory, "up")).rejects.toMatchObject({ code: "data_directory_in_use" });
    await other.kill();
    await (await lockDataDirectory(directory, "up")).release();
  });

  it("goes to exactly one of many that start at once after its holder was killed", async () => {
    for (let round = 0; round < 3; round++) {
      const holder = start("up");
      expect(await holder.says()).toBe("taken");
      await holder.kill();
      const starters = Array.from({ length: 6 }, () => start("up"));
      const said = await Promise.all(starters.map((starter) => starter.says()));
      expect(said.sort()).toEqual([...Array(5).fill("data_directory_in_use"), "taken"]);
      await Promise.all(starters.map((starter) => starter.kill()));
    }
  });

  it("goes to exactly one of many tries in a fresh directory", async () => {
    const tries = await Promise.allSettled(Array.from({ length: 20 }, () => lockDataDirectory(directory, "up")));
    expect(tries.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  it("is not held by another process that got the same pid later", async () => {
    const holder = { pid: process.pid, started: "1", place: await place() };
    await (await lockDataDirectory(directory, "up")).release();
    await writeFile(join(directory, "lock.7"), JSON.stringify({ kind: "up", holder }));
    await (await lockDataDirectory(directory, "up")).release();
  });

  it("of a place whose processes cannot be seen is held while it shows signs of life", async () => {
    const holder = { pid: 1, started: "1", place: "another container" };
    await (await lockDataDirectory(directory, "up")).release();
    await writeFile(join(directory, "lock.7"), JSON.stringify({ kind: "up", holder }));
    await expect(lockDataDirectory(directory, "up")).rejects.toMatchObject({ code: "data_directory_in_use" });
    const longAgo = Date.now() / 1000 - 60;
    await utimes(join(directory, "lock.7"), longAgo, longAgo);
    await (await lockDataDirectory(directory, "up")).release();
  });

  it("is free when a power cut left it empty", async () => {
    await (await lockDataDirectory(directory, "up")).release();
    await writeFile(join(directory, "lock.9"), "");
    await (await lockDataDirectory(directory, "up")).release();
  });

  it("is yielded by who looks when an up starts, and then held by that up", async () => {
    const look = start("look");
    expect(await look.says()).toBe("taken");
    const up = lockDataDirectory(directory, "up", { waitMs: 20_000 });
    expect(await look.says()).toBe("wanted");
    await look.end();
    const lock = await up;
    await expect(lockDataDirectory(directory, "look")).rejects.toMatchObject({ code: "up_is_running" });
    await lock.release();
    expect(await readdir(directory)).toHaveLength(1);
  });

  it("is not given to an up while who looks does not make room, nor does the up wait for ever", async () => {
    const look = await lockDataDirectory(directory, "look");
    let now = 0;
    const clock = () => {
      now += 100;
      return now;
    };
    await expect(lockDataDirectory(directory, "up", { now: clock, waitMs: 300 })).rejects.toMatchObject({
      code: "data_directory_in_use",
    });
    await look.wanted;
    await look.release();
    await (await lockDataDirectory(directory, "up")).release();
  });

  it("lets those who look take turns", async () => {
    const first = await lockDataDirectory(directory, "look");
    const second = lockDataDirectory(directory, "look");
    await first.release();
    await (await second).release();
  });

  it("says when the directory cannot be written", async () => {
    await writeFile(join(parent, "file"), "");
    await expect(lockDataDirectory(join(parent, "file"), "up")).rejects.toMatchObject({
      code: "data_directory_not_writable",
    });
  });
});

/** Where this process is, as it writes it itself. */
async function place(): Promise<unknown> {
  const other = join(parent, "other");
  const lock = await lockDataDirectory(other, "up");
  const record: { holder: { place: unknown } } = JSON.parse(await readFile(join(other, "lock.1"), "utf8"));
  await lock.release();
  return record.holder.place;
}
