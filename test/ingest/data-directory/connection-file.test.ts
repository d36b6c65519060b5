import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readConnection, removeConnection, writeConnection } from "../../../ingest/data-directory/connection-file.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "connection-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const given = {
  url: "http://127.0.0.1:4713",
  token: "secret",
  store: { url: "http://127.0.0.1:8123", user: "reader", password: "secret too", database: "watchkeeper" },
};

describe("the connection file", () => {
  it("tells local commands where up is, for its user's eyes alone", async () => {
    await writeConnection(directory, given);
    await writeConnection(directory, given);
    expect(await readConnection(directory)).toEqual({ pid: process.pid, ...given });
    expect((await stat(join(directory, "connection.json"))).mode & 0o777).toBe(0o600);
    expect(await readdir(directory)).toEqual(["connection.json"]);
  });

  it("is gone after remove, which may be called again", async () => {
    await writeConnection(directory, given);
    await removeConnection(directory);
    await removeConnection(directory);
    expect(await readConnection(directory)).toBeUndefined();
    expect(await readdir(directory)).toEqual([]);
  });

  it("of a process that died is ignored", async () => {
    await writeConnection(directory, given);
    const file = join(directory, "connection.json");
    const content = JSON.parse(await readFile(file, "utf8")) as object;
    const { pid } = spawnSync(process.execPath, ["--version"]);
    await writeFile(file, JSON.stringify({ ...content, pid }));
    expect(await readConnection(directory)).toBeUndefined();
    await writeFile(file, JSON.stringify({ ...content, started: "1" }));
    expect(await readConnection(directory)).toBeUndefined();
  });

  it("that is absent, broken or something else is ignored", async () => {
    expect(await readConnection(directory)).toBeUndefined();
    for (const text of ["", "{", "[]", '{"pid":1}']) {
      await writeFile(join(directory, "connection.json"), text);
      expect(await readConnection(directory)).toBeUndefined();
    }
  });

  it("of another process that lives is not removed", async () => {
    await writeConnection(directory, given);
    const file = join(directory, "connection.json");
    const content = JSON.parse(await readFile(file, "utf8")) as object;
    await writeFile(file, JSON.stringify({ ...content, pid: process.ppid, started: null }));
    await removeConnection(directory);
    expect(await readConnection(directory)).toMatchObject({ pid: process.ppid });
  });
});
