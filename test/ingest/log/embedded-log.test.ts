import { spawnSync } from "node:child_process";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { open } from "lmdb";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openEmbeddedLog } from "../../../ingest/log/embedded-log.ts";
import { readLogLag } from "../../../ingest/log/read-log-lag.ts";
import { GROUPS, TOPICS } from "../../../schemas/topics.ts";
import { readAll, recordingReader } from "../../contract/event-log-contract.ts";

const LIMIT = 1024 ** 3;
let parent: string;
let directory: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "embedded-log-"));
  directory = join(parent, "log");
});
afterEach(() => rm(parent, { recursive: true, force: true }));

const openLog = (more: Partial<Parameters<typeof openEmbeddedLog>[0]> = {}) =>
  openEmbeddedLog({ directory, limitBytes: LIMIT, now: Date.now, ...more });
const journal = (key: string, value: string) => ({ topic: TOPICS.journal, key, value });

describe("the data directory's log", () => {
  it("is private to its user", async () => {
    const log = await openLog();
    expect((await stat(directory)).mode & 0o777).toBe(0o700);
    await log.close();
  });

  it("lets none overtake an append that is so large that it gives way to others", async () => {
    const log = await openLog();
    const large = Array.from({ length: 60_000 }, () => journal("a", "large"));
    await Promise.all([log.append(large), log.append([journal("a", "second")]), log.append([journal("a", "third")])]);
    const texts = (await readAll(log, TOPICS.journal, "g")).map(({ value }) => value.toString());
    expect(texts).toHaveLength(large.length + 2);
    expect([texts.indexOf("second"), texts.indexOf("third")]).toEqual([large.length, large.length + 1]);
    await log.close();
  });

  it("keeps the partition count it was created with, and says so when another is asked for", async () => {
    const first = await openLog({ partitions: 3 });
    await first.append([journal("a", "1")]);
    await first.close();
    const logger = { warn: vi.fn() };
    const log = await openLog({ partitions: 8, logger });
    expect(log.partitions).toBe(3);
    expect(logger.warn).toHaveBeenCalledOnce();
    expect(await readAll(log, TOPICS.journal, "g")).toHaveLength(1);
    await log.close();
  });

  it("is refused when a newer program wrote it", async () => {
    await (await openLog()).close();
    const raw = open({ path: directory });
    await raw.openDB({ name: "meta", encoding: "json" }).put(["format"], 2);
    await raw.close();
    await expect(openLog()).rejects.toMatchObject({ code: "log_format_newer" });
  });

  it("is refused when the file is something else", async () => {
    await (await openLog()).close();
    await writeFile(join(directory, "data.mdb"), "not a log".repeat(2000));
    await expect(openLog()).rejects.toMatchObject({ code: "log_unreadable" });
  });

  it("tells another process how far the store is behind", async () => {
    expect(await readLogLag(directory)).toBe(0);
    const log = await openLog();
    await log.broadcast(TOPICS.journal, '{"type":"config"}');
    await log.append([1, 2, 3, 4, 5].map((n) => journal("a", `{"type":"event","n":${n}}`)));
    await log.append([journal("a", '{"type":"tick"}')]);
    await log.close();
    expect(await readLogLag(directory)).toBe(5);
    const again = await openLog();
    const reader = recordingReader(again, GROUPS.store, TOPICS.journal, {
      maxBatchBytes: 1,
      handle: async ([record], assignment) => {
        if (record?.value.toString().includes('"n":3') === true) await assignment.commit({ offset: record.offset + 1 });
      },
    });
    await expect.poll(() => reader.records).toHaveLength(10);
    await again.close();
    expect(await readLogLag(directory)).toBe(2);
  });
});

describe("topics", () => {
  it("that are compacted take puts, the others appends", async () => {
    const log = await openLog();
    const compacted = { code: "compacted_topic" };
    await expect(log.append([{ topic: TOPICS.watchState, key: "k", value: "v" }])).rejects.toMatchObject(compacted);
    expect(() => recordingReader(log, "g", TOPICS.incidents)).toThrow(expect.objectContaining(compacted));
    const reader = recordingReader(log, "g", TOPICS.journal);
    await expect.poll(() => reader.assignments).toHaveLength(4);
    const puts = [{ topic: TOPICS.journal, key: "k", value: "v" }];
    await expect(reader.assignments[0]?.commit({ puts })).rejects.toMatchObject({ code: "not_compacted" });
    await log.close();
  });
});

describe("a second member of a group in the process", () => {
  it("takes over: the first closes its readers, may commit while it does, and is fenced after", async () => {
    const log = await openLog();
    await log.append([journal("a", "1"), journal("a", "2")]);
    const first = recordingReader(log, "g", TOPICS.journal, {
      close: (assignment) => assignment.commit({ offset: assignment.partition === log.partitionOf("a") ? 1 : 0 }),
    });
    await expect.poll(() => first.records).toHaveLength(2);
    const second = recordingReader(log, "g", TOPICS.journal);
    await expect.poll(() => second.records.map(({ value }) => value.toString())).toEqual(["2"]);
    expect(first.closed).toHaveLength(4);
    await expect(first.assignments[0]?.commit({ offset: 0 })).rejects.toMatchObject({ code: "fenced" });
    await log.append([journal("a", "3")]);
    await expect.poll(() => second.records).toHaveLength(2);
    expect(first.records).toHaveLength(2);
    await log.close();
    await Promise.all([first.member.done, second.member.done]);
  });
});

describe("closing", () => {
  it("writes what was asked for before, stops the members, and lets them commit", async () => {
    const log = await openLog();
    const reader = recordingReader(log, "g", TOPICS.journal, {
      close: async (assignment) => {
        await assignment.commit({ offset: assignment.partition === log.partitionOf("a") ? 1 : 0 });
      },
    });
    await expect.poll(() => reader.assignments).toHaveLength(4);
    const appends = ["1", "2"].map((value) => log.append([journal("a", value)]));
    await log.close();
    await Promise.all(appends);
    await reader.member.done;
    expect(log.usage().usedBytes).toBeGreaterThan(0);
    const again = await openLog();
    const lag = await again.lag("g", TOPICS.journal);
    expect(lag[again.partitionOf("a")]).toMatchObject({ committed: 1, end: 2 });
    await again.close();
  });
});

describe("retention", () => {
  it("counts each record once when it is asked for twice at once, and ends with the log", async () => {
    const log = await openLog();
    const reader = recordingReader(log, "g", TOPICS.journal, {
      handle: (records, assignment) => assignment.commit({ offset: (records.at(-1)?.offset ?? 0) + 1 }),
    });
    for (let i = 0; i < 600; i++) void log.append([journal("a", "x".repeat(70_000))]);
    await expect.poll(() => reader.records).toHaveLength(600);
    const later = Date.now() + 1000;
    expect(await Promise.all([log.retain(later), log.retain(later)])).toEqual([600, 0]);
    const [last] = await Promise.allSettled([log.retain(later), log.close()]);
    expect(last?.status).toBe("fulfilled");
    expect(await log.retain(later)).toBe(0);
  });
});

describe("a full log", () => {
  it("still takes what a start says to every partition, or it could never be started again", async () => {
    const log = await openLog({ limitBytes: 1024 ** 2 });
    const full = async (): Promise<void> => {
      for (;;) await log.append([journal("a", "x".repeat(100_000))]);
    };
    await expect(full()).rejects.toMatchObject({ code: "log_full" });
    await log.broadcast(TOPICS.journal, "configuration");
    const reader = recordingReader(log, "g", TOPICS.journal);
    const said = () => reader.records.filter(({ value }) => value.toString() === "configuration");
    await expect.poll(() => said()).toHaveLength(log.partitions);
  });

  it("still takes what groups commit, so that they can go on and make room", async () => {
    const log = await openLog({ limitBytes: 1024 ** 2 });
    const full = async (): Promise<void> => {
      for (;;) await log.append([journal("a", "x".repeat(100_000))]);
    };
    await expect(full()).rejects.toMatchObject({ code: "log_full" });
    const reader = recordingReader(log, "g", TOPICS.journal, {
      async handle(records, assignment) {
        const puts = records.map((_, i) => ({ topic: TOPICS.watchState, key: `${i}`, value: "s".repeat(2_000_000) }));
        await assignment.commit({ offset: (records.at(-1)?.offset ?? 0) + 1, puts });
      },
    });
    await expect.poll(() => reader.records.length).toBeGreaterThan(9);
    expect(log.usage().usedBytes).toBeGreaterThan(20_000_000);
    await log.close();
  });
});

/** Fills a log whose files may not grow past a few megabytes, then gives it room by retention. */
const FILLING = `
  const { openEmbeddedLog } = await import(${JSON.stringify(new URL("../../../dist/ingest/log/embedded-log.js", import.meta.url).href)});
  const log = await openEmbeddedLog({ directory: process.argv[1], limitBytes: 2 ** 40, now: () => 1000 });
  const member = log.consume({ group: "g", topics: ["agent-journal"], open: async (assignment) => ({
    startAt: assignment.committed,
    handle: (records) => assignment.commit({ offset: records.at(-1).offset + 1 }).catch(() => undefined),
    close: async () => undefined,
  }) });
  const batch = (n) => Array.from({ length: 10 }, (_, i) => ({ topic: "agent-journal", key: "k" + i, value: n + "x".repeat(30000) }));
  const seen = [];
  let accepted = 0;
  while (seen.length < 3) {
    await log.append(batch(accepted)).then(() => accepted++, (error) => seen.push(error.code + " " + error.verdict));
  }
  await log.close();
  process.stdout.write(JSON.stringify({ accepted, seen }) + "\\n");
`;

describe("a full disk", () => {
  it("is refused with a retry, nothing of the batch is written, and what was accepted stays", async () => {
    const command = `ulimit -f 8192 && exec "$0" --input-type=module --eval "$1" "$2"`;
    const { stdout, stderr } = spawnSync("bash", ["-c", command, process.execPath, FILLING, directory], {
      encoding: "utf8",
    });
    expect(stdout, stderr).not.toBe("");
    const { accepted, seen } = JSON.parse(stdout) as { accepted: number; seen: string[] };
    expect(seen).toEqual(["disk_full retry", "disk_full retry", "disk_full retry"]);
    expect(accepted).toBeGreaterThan(3);
    const log = await openLog();
    expect(await readAll(log, TOPICS.journal, "after")).toHaveLength(accepted * 10);
    await log.append([journal("k1", "there is room again")]);
    expect(await readAll(log, TOPICS.journal, "later")).toHaveLength(accepted * 10 + 1);
    await log.close();
  });
});
