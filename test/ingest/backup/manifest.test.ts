import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { filesBelow, fingerprint } from "../../../ingest/backup/files.ts";
import { readManifest, verifyFiles, writeManifest } from "../../../ingest/backup/manifest.ts";
import { mustHaveRoom, prepareTarget, roomError } from "../../../ingest/backup/target.ts";

const never = new AbortController().signal;
let directory = "";

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "watchkeeper-backup-"));
});

afterEach(() => rm(directory, { recursive: true, force: true }));

async function backup(): Promise<void> {
  await mkdir(join(directory, "log"));
  await writeFile(join(directory, "log", "data.mdb"), "records");
  await writeFile(join(directory, "other"), "");
  const files = await Promise.all((await filesBelow(directory)).map((path) => fingerprint(directory, path, true)));
  await writeManifest(directory, { program: "1.0.0", at: "now", log: true, store: null, positions: [], files });
}

const changed = async (change: (text: string) => string) => {
  const file = join(directory, "manifest.json");
  await writeFile(file, change(await readFile(file, "utf8")));
};

describe("a manifest", () => {
  it("is read as it was written, and its files are as they were", async () => {
    await backup();
    const manifest = await readManifest(directory);
    expect(manifest.files.map(({ path, size }) => [path, size])).toEqual([
      ["log/data.mdb", 7],
      ["other", 0],
    ]);
    await verifyFiles(directory, manifest, never);
  });

  it("finds files that were changed or are missing", async () => {
    await backup();
    const manifest = await readManifest(directory);
    await writeFile(join(directory, "log", "data.mdb"), "recordz");
    await rm(join(directory, "other"));
    await expect(verifyFiles(directory, manifest, never)).rejects.toMatchObject({
      code: "backup_damaged",
      message: expect.stringContaining("log/data.mdb was changed, other is missing"),
    });
  });

  it("refuses what was edited, what is newer, and what leads outside", async () => {
    await expect(readManifest(directory)).rejects.toMatchObject({ code: "no_backup", exitCode: 2 });
    await backup();
    await changed((text) => text.replace('"1.0.0"', '"1.0.1"'));
    await expect(readManifest(directory)).rejects.toMatchObject({ code: "backup_damaged" });
    await changed((text) => text.replace('"format": 1', '"format": 2'));
    await expect(readManifest(directory)).rejects.toMatchObject({ code: "backup_newer" });
    const files = [{ path: "../outside", size: 0, sha256: "" }];
    const outside = { program: "1", at: "now", log: true, store: null, positions: [], files };
    await expect(writeManifest(directory, outside)).rejects.toThrow();
  });
});

describe("the folder of a backup", () => {
  it("must be empty or absent, and is found again as it was", async () => {
    const absent = join(directory, "a", "b");
    const target = await prepareTarget(absent);
    await writeFile(join(absent, "part"), "");
    await target.clear();
    await (await prepareTarget(absent)).clear();
    await mkdir(absent);
    const empty = await prepareTarget(absent);
    await writeFile(join(absent, "part"), "");
    await expect(prepareTarget(absent)).rejects.toMatchObject({ code: "backup_directory_not_empty", exitCode: 2 });
    await empty.clear();
    expect(await filesBelow(absent)).toEqual([]);
    await writeFile(join(directory, "file"), "");
    await expect(prepareTarget(join(directory, "file"))).rejects.toThrow("is not a folder");
    await expect(prepareTarget(join(directory, "file", "below"))).rejects.toMatchObject({
      code: "backup_directory_not_writable",
    });
  });

  it("says that there is no room before it writes, and when the disk fills up meanwhile", async () => {
    await mustHaveRoom(directory, 0);
    await expect(mustHaveRoom(directory, 2 ** 60)).rejects.toMatchObject({ code: "backup_no_room" });
    const full = Object.assign(new Error("write"), { code: "ENOSPC" });
    expect(roomError(directory, full)).toMatchObject({ code: "backup_no_room" });
    expect(roomError(directory, new Error("other"))).toMatchObject({ message: "other" });
  });
});
