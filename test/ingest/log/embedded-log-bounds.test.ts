/** The embedded log keeps its own disk: what it refuses, what it drops, and what it never drops. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type EmbeddedLog, openEmbeddedLog } from "../../../ingest/log/embedded-log.ts";
import type { LogRecord } from "../../../ingest/log/event-log.ts";
import { WatchkeeperError } from "../../../schemas/errors.ts";
import { TOPICS } from "../../../schemas/topics.ts";
import { readAll, recordingReader } from "../../contract/event-log-contract.ts";

let directory: string;
let opened: EmbeddedLog | undefined;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "embedded-bounds-"));
});
afterEach(async () => {
  await opened?.close();
  await rm(directory, { recursive: true, force: true });
});

async function open(options: { readonly now: () => number; readonly limitBytes?: number }): Promise<EmbeddedLog> {
  opened = await openEmbeddedLog({ directory: join(directory, "log"), limitBytes: 1024 ** 3, ...options });
  return opened;
}

async function reopen(log: EmbeddedLog, now: () => number): Promise<EmbeddedLog> {
  await log.close();
  return open({ now });
}

const journal = (key: string, value: string) => ({ topic: TOPICS.journal, key, value });
const texts = (records: readonly LogRecord[]): string[] => records.map(({ value }) => value.toString());
const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 90_000, interval: 2 });
const last = (records: readonly LogRecord[]): number => (records.at(-1)?.offset ?? -1) + 1;

describe("bounds of the embedded log", () => {
  it("refuses with a retry at the limit, and takes records again when retention has made room", async () => {
    let now = 1000;
    const log = await open({ now: () => now, limitBytes: 2 * 1024 ** 2 });
    const reader = recordingReader(log, "g", TOPICS.journal, {
      handle: (records, assignment) => assignment.commit({ offset: last(records) }),
    });
    let accepted = 0;
    const fill = async (): Promise<unknown> => {
      for (;;) {
        const failure = await log.append([journal("a", "x".repeat(50_000))]).catch((error: unknown) => error);
        if (failure !== undefined) return failure;
        accepted++;
      }
    };
    const failure = await fill();
    expect(failure).toBeInstanceOf(WatchkeeperError);
    expect(failure).toMatchObject({ code: "log_full", verdict: "retry", retryAfterMs: expect.any(Number) });
    expect(accepted).toBeGreaterThan(10);
    await until(() => expect(reader.records).toHaveLength(accepted));
    const { usedBytes, fileBytes, limitBytes } = log.usage();
    expect(usedBytes).toBeGreaterThanOrEqual(limitBytes);
    expect(fileBytes).toBeGreaterThanOrEqual(usedBytes);
    now = 2000;
    expect(await log.retain(2000)).toBe(accepted);
    expect(log.usage().usedBytes).toBeLessThan(limitBytes / 2);
    await log.append([journal("a", "again")]);
    await until(() => expect(texts(reader.records).at(-1)).toBe("again"));
  });

  it("drops old records that all groups have passed, never past the slowest, and the beginning moves", async () => {
    let now = 1000;
    let log = await open({ now: () => now });
    const add = async (...values: string[]) => {
      for (const value of values) await log.append([journal("a", value)]);
    };
    await add("1", "2", "3");
    expect(await log.retain(9999)).toBe(0);
    const stops = (group: string, at: string) =>
      recordingReader(log, group, TOPICS.journal, {
        maxBatchBytes: 1,
        handle: async ([record], assignment) => {
          if (record?.value.toString() === at) await assignment.commit({ offset: record.offset + 1 });
        },
      });
    const [fast, slow] = [stops("fast", "3"), stops("slow", "1")];
    await until(() => expect([fast.records.length, slow.records.length]).toEqual([3, 3]));
    await fast.member.stop();
    await slow.member.stop();
    now = 2000;
    await add("4");
    expect(await log.retain(1000)).toBe(0);
    expect(await log.retain(1500)).toBe(1);
    log = await reopen(log, () => now);
    const again = recordingReader(log, "slow", TOPICS.journal, { startAt: ({ beginning }) => beginning });
    await until(() => expect(texts(again.records)).toEqual(["2", "3", "4"]));
    const assignment = again.assignments.find(({ partition }) => partition === log.partitionOf("a"));
    expect(assignment).toMatchObject({ beginning: 1, committed: 1, end: 4 });
  });

  it("keeps offsets growing when everything was dropped", async () => {
    let now = 1000;
    const first = await open({ now: () => now });
    await first.append([journal("a", "1"), journal("a", "2")]);
    const reader = recordingReader(first, "g", TOPICS.journal, {
      handle: (records, assignment) => assignment.commit({ offset: last(records) }),
    });
    await until(() => expect(reader.records).toHaveLength(2));
    now = 2000;
    expect(await first.retain(2000)).toBe(2);
    const log = await reopen(first, () => now);
    await log.append([journal("a", "3")]);
    const records = await readAll(log, TOPICS.journal, "h");
    expect(records.map((record) => [record.offset, record.value.toString()])).toEqual([[2, "3"]]);
  });
});
