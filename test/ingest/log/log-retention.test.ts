import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openEmbeddedLog } from "../../../ingest/log/embedded-log.ts";
import { keepWithinBounds, startLogRetention } from "../../../ingest/log/log-retention.ts";
import { TOPICS } from "../../../schemas/topics.ts";
import { readAll, recordingReader } from "../../contract/event-log-contract.ts";

const MINUTE = 60_000;
const LIMIT = 4 * 1024 ** 2;
const DAY = 24 * 60 * MINUTE;
let directory: string;
let clock: number;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "log-retention-"));
  clock = 100 * DAY;
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const now = () => clock;
const openLog = () => openEmbeddedLog({ directory, limitBytes: LIMIT, now });
type Log = Awaited<ReturnType<typeof openLog>>;

/** An eighth of the limit, a minute later. */
async function appendEighth(log: Log): Promise<void> {
  clock += MINUTE;
  const value = "x".repeat(LIMIT / 8 / 16);
  await log.append(Array.from({ length: 16 }, () => ({ topic: TOPICS.journal, key: "a", value })));
}

/** Somebody reads everything and commits it. */
function follow(log: Log): void {
  recordingReader(log, "g", TOPICS.journal, {
    handle: (records, assignment) => assignment.commit({ offset: (records.at(-1)?.offset ?? 0) + 1 }),
  });
}

const share = (log: Log) => log.usage().usedBytes / LIMIT;
const isRead = (log: Log) =>
  expect
    .poll(async () => (await log.lag("g", TOPICS.journal)).filter(({ committed, end }) => committed !== end))
    .toEqual([]);

describe("the log's bounds", () => {
  it("keep what is within its age while there is room", async () => {
    const log = await openLog();
    follow(log);
    for (let at = 0; at < 3; at += 1) await appendEighth(log);
    await isRead(log);
    expect(await keepWithinBounds({ log, retentionMs: DAY, now })).toBe(0);
    clock += DAY - MINUTE;
    expect(await keepWithinBounds({ log, retentionMs: DAY, now })).toBe(16);
    await log.close();
  });

  it("drop younger and younger records under pressure, and no more than is needed", async () => {
    const log = await openLog();
    follow(log);
    for (let at = 0; at < 7; at += 1) await appendEighth(log);
    await isRead(log);
    expect(share(log)).toBeGreaterThan(0.8);
    expect(await keepWithinBounds({ log, retentionMs: DAY, now })).toBeGreaterThan(0);
    expect(share(log)).toBeLessThanOrEqual(0.7);
    expect(share(log)).toBeGreaterThan(0.3);
    await log.close();
  });

  it("never drop what a group has not read", async () => {
    const log = await openLog();
    recordingReader(log, "g", TOPICS.journal);
    for (let at = 0; at < 7; at += 1) await appendEighth(log);
    expect(await keepWithinBounds({ log, retentionMs: DAY, now })).toBe(0);
    await log.close();
    const again = await openLog();
    expect(await readAll(again, TOPICS.journal, "other")).toHaveLength(112);
    await again.close();
  });

  it("are looked after until stopped", async () => {
    const log = await openLog();
    follow(log);
    for (let at = 0; at < 7; at += 1) await appendEighth(log);
    await isRead(log);
    const retention = startLogRetention({ log, retentionMs: DAY, now, logger: { warn: vi.fn() }, everyMs: 5 });
    await expect.poll(() => share(log)).toBeLessThanOrEqual(0.7);
    await retention.stop();
    await log.close();
  });
});
