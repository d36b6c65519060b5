import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { afterEach, beforeEach, expect, it } from "vitest";
import { backUpAlone } from "../../../ingest/backup/backup-alone.ts";
import { readManifest } from "../../../ingest/backup/manifest.ts";
import { restoreBackup } from "../../../ingest/backup/restore.ts";
import { backupText } from "../../../ingest/backup/summary.ts";
import { UNFINISHED } from "../../../ingest/data-directory/directory.ts";
import { lockDataDirectory } from "../../../ingest/data-directory/lock.ts";
import { loadSettings } from "../../../ingest/settings/settings.ts";
import { RETENTION } from "../engine/events.ts";
import { sleep } from "../store/fixtures.ts";

const logger = pino({ level: "silent" });
const { signal } = new AbortController();
let folder = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "watchkeeper-alone-"));
  await mkdir(join(folder, "data", "ship"), { recursive: true });
  await writeFile(join(folder, "data", "ship", "one.json"), '{"version":1}');
});

afterEach(() => rm(folder, { recursive: true, force: true }));

function backUp(variables: Record<string, string>, name = "backup") {
  const settings = loadSettings({ WATCHKEEPER_DATA_DIR: join(folder, "data"), ...variables }, () => undefined);
  return backUpAlone({ settings, program: "0.0.0", logger, signal, now: Date.now, sleep }, join(folder, name));
}

const OUTSIDE = { CLICKHOUSE_URL: "http://127.0.0.1:1", CLICKHOUSE_USER: "u", CLICKHOUSE_PASSWORD: "p" };

it("leaves out, and says so, what is in an outside ClickHouse and in Kafka", async () => {
  const beside = backupText(await backUp(OUTSIDE));
  expect(beside).toMatch(/event log {4}\d/);
  expect(beside).toMatch(/NOT inside: the store, .*\n.*only when both are backed up while `up` is stopped/);
  const both = await backUp({ ...OUTSIDE, KAFKA_BROKERS: "127.0.0.1:1" }, "both");
  expect(backupText(both)).toMatch(/NOT inside: the event log, which is in Kafka(.|\n)*NOT inside: the store/);
  const manifest = await readManifest(join(folder, "both"));
  expect([manifest.log, manifest.store, manifest.files.map(({ path }) => path)]).toEqual([
    false,
    null,
    ["files/ship/one.json"],
  ]);
  await expect(backUp({ KAFKA_BROKERS: "127.0.0.1:1" }, "store")).rejects.toMatchObject({ code: "backup_needs_up" });
});

it("is restored with the files beside the log, and not into a restore that was cut short", async () => {
  await backUp(OUTSIDE);
  const from = join(folder, "backup");
  const to = join(folder, "new");
  await restoreBackup({ from, dataDirectory: to, retention: RETENTION, logger, signal });
  expect(await readFile(join(to, "ship", "one.json"), "utf8")).toBe('{"version":1}');
  await writeFile(join(to, UNFINISHED), "");
  await expect(lockDataDirectory(to, "up")).rejects.toMatchObject({ code: "restore_unfinished" });
  const again = restoreBackup({ from, dataDirectory: to, retention: RETENTION, logger, signal });
  await expect(again).rejects.toMatchObject({ code: "data_directory_not_empty", exitCode: 2 });
});

it("is restored whole or not at all, with what must be done beside it", async () => {
  await backUp(OUTSIDE);
  const to = join(folder, "new");
  const options = { from: join(folder, "backup"), dataDirectory: to, retention: RETENTION, logger, signal };
  let wasBarred = false;
  const beside = async (): Promise<void> => {
    wasBarred = existsSync(join(to, UNFINISHED));
    throw new Error("the group has members");
  };
  await expect(restoreBackup({ ...options, beside })).rejects.toThrow("the group has members");
  expect([wasBarred, existsSync(to)]).toEqual([true, false]);
  await restoreBackup(options);
  expect(existsSync(join(to, "ship", "one.json"))).toBe(true);
});
