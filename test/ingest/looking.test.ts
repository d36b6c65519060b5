import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { lockDataDirectory } from "../../ingest/data-directory/lock.ts";
import { openToLook } from "../../ingest/looking.ts";
import { loadSettings } from "../../ingest/settings/settings.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "watchkeeper-looking-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const NOTHING = { code: "nothing_to_look_at", exitCode: 2, message: expect.stringContaining("There is nothing") };

function look(directory: string, variables: Record<string, string> = {}) {
  const settings = loadSettings({ WATCHKEEPER_DATA_DIR: directory, ...variables }, () => undefined);
  return openToLook(settings, pino({ level: "silent" }));
}

describe("looking where no `up` ever ran", () => {
  it.each([[{}], [{ KAFKA_BROKERS: "127.0.0.1:1" }]])(
    "says that there is nothing, and creates nothing (%j)",
    async (variables) => {
      const absent = join(folder, "data");
      await expect(look(absent, variables)).rejects.toMatchObject(NOTHING);
      expect(existsSync(absent)).toBe(false);
      await mkdir(join(folder, "ship"));
      await writeFile(join(folder, "notes.txt"), "");
      await expect(look(folder, variables)).rejects.toMatchObject(NOTHING);
      expect((await readdir(folder)).sort()).toEqual(["notes.txt", "ship"]);
    },
  );

  it("says so too where an `up` ended before it wrote anything, and leaves the directory free", async () => {
    await (await lockDataDirectory(folder, "up")).release();
    await expect(look(folder)).rejects.toMatchObject(NOTHING);
    expect(existsSync(join(folder, "store"))).toBe(false);
    await (await lockDataDirectory(folder, "up")).release();
  });
});

it("asks a dozen questions at once without a warning about listeners", async () => {
  const warn = vi.spyOn(process, "emitWarning");
  const looking = await look(folder, { CLICKHOUSE_URL: "http://127.0.0.1:1" });
  const asked = Array.from({ length: 12 }, async () => {
    for await (const _ of looking.ask("SELECT 1", {}));
  });
  expect((await Promise.allSettled(asked)).map(({ status }) => status)).toEqual(Array(12).fill("rejected"));
  expect(warn).not.toHaveBeenCalled();
  warn.mockRestore();
  await looking.close();
});
