import { existsSync } from "node:fs";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { makeDirectory } from "../../../ingest/data-directory/make-directory.ts";

async function temporary(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "make-directory-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  return directory;
}

it("makes what is missing above it too, readable by its user alone, and leaves what is there", async () => {
  const inner = join(await temporary(), "a", "b", "c");
  await Promise.all([makeDirectory(inner), makeDirectory(inner)]);
  await makeDirectory(inner);
  for (const made of [inner, join(inner, "..")]) expect((await stat(made)).mode & 0o777).toBe(0o700);
});

it("rejects where a file is in the way", async () => {
  const file = join(await temporary(), "file");
  await writeFile(file, "");
  await expect(makeDirectory(file)).rejects.toMatchObject({ code: "EEXIST" });
  await expect(makeDirectory(join(file, "below"))).rejects.toMatchObject({ code: "ENOTDIR" });
});

it.runIf(existsSync("/proc/self"))("rejects where the file system lets nothing be made", async () => {
  await expect(makeDirectory("/proc/watchkeeper")).rejects.toMatchObject({ code: "ENOENT" });
  await expect(makeDirectory("/proc/watchkeeper/data")).rejects.toMatchObject({ code: "ENOENT" });
});
