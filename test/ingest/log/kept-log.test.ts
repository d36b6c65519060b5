import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { keepToLog } from "../../../ingest/log/kept-log.ts";

async function directory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "watchkeeper-kept-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

it.each([
  ["embedded", "kafka", "Unset KAFKA_BROKERS"],
  ["kafka", "embedded", "Set KAFKA_BROKERS"],
] as const)("a directory used with the %s log is not used with the other", async (first, other, hint) => {
  const path = await directory();
  await (await keepToLog(path, first))();
  await (await keepToLog(path, first))();
  await expect(keepToLog(path, other)).rejects.toMatchObject({
    code: "other_log",
    exitCode: 2,
    hint: expect.stringContaining(hint),
  });
  await keepToLog(path, first);
});

it("a directory whose log was never opened may be used with either", async () => {
  const path = await directory();
  await keepToLog(path, "kafka");
  await (await keepToLog(path, "embedded"))();
  await expect(keepToLog(path, "kafka")).rejects.toMatchObject({ code: "other_log" });
});

it.each(["", undefined])("a directory that noted %j is known by what is in it", async (noted) => {
  const path = await directory();
  if (noted !== undefined) await writeFile(join(path, "event-log"), noted);
  await keepToLog(path, "kafka");
  await mkdir(join(path, "store"));
  await expect(keepToLog(path, "embedded")).rejects.toMatchObject({ code: "other_log" });
  await mkdir(join(path, "log"));
  await writeFile(join(path, "log", "data.mdb"), "");
  await expect(keepToLog(path, "kafka")).rejects.toMatchObject({ code: "other_log" });
});
