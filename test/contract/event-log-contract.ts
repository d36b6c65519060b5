/** What every event log must do, whatever is under it: run by the embedded log and by Apache Kafka. */
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Assignment, EventLog, GroupMember, LogRecord, PartitionReader } from "../../ingest/log/event-log.ts";
import { TOPICS, type Topic } from "../../schemas/topics.ts";

export interface LogUnderTest {
  readonly log: EventLog;
  /** Closes the log and opens it again on what it has stored. */
  reopen(): Promise<LogUnderTest>;
  /** Closes it and removes what it has stored. */
  dispose(): Promise<void>;
}

export interface EventLogContract {
  /** An empty log. */
  open(): Promise<LogUnderTest>;
}

/** A reader that notes what it is given and what it was assigned. */
export function recordingReader(
  log: EventLog,
  group: string,
  topic: Topic,
  more: {
    readonly startAt?: (assignment: Assignment) => number;
    readonly handle?: (records: readonly LogRecord[], assignment: Assignment) => Promise<void>;
    readonly close?: (assignment: Assignment) => Promise<void>;
    readonly maxBatchBytes?: number;
  } = {},
) {
  const records: LogRecord[] = [];
  const batches: number[] = [];
  const assignments: Assignment[] = [];
  const closed: number[] = [];
  const member: GroupMember = log.consume({
    group,
    topics: [topic],
    state: [TOPICS.watchState, TOPICS.incidents],
    ...(more.maxBatchBytes === undefined ? {} : { maxBatchBytes: more.maxBatchBytes }),
    async open(assignment): Promise<PartitionReader> {
      assignments.push(assignment);
      return {
        startAt: more.startAt?.(assignment) ?? assignment.committed,
        async handle(batch) {
          await more.handle?.(batch, assignment);
          records.push(...batch);
          batches.push(batch.length);
        },
        async close() {
          await more.close?.(assignment);
          closed.push(assignment.partition);
        },
      };
    },
  });
  return { member, records, batches, assignments, closed };
}

const texts = (records: readonly LogRecord[]): string[] => records.map(({ value }) => value.toString());
const journal = (key: string, value: string) => ({ topic: TOPICS.journal, key, value });
/** A busy machine is slow, not wrong. */
const PATIENCE = { timeout: 90_000, interval: 2 };
const until = (check: () => void): Promise<void> => vi.waitFor(check, PATIENCE);
const last = (records: readonly LogRecord[]): number => (records.at(-1)?.offset ?? -1) + 1;

/** Everything of a topic, read by a group of its own. */
export async function readAll(log: EventLog, topic: Topic, group: string): Promise<LogRecord[]> {
  const reader = recordingReader(log, group, topic, { startAt: ({ beginning }) => beginning });
  await until(() => expect(reader.assignments).toHaveLength(log.partitions));
  for (const assignment of reader.assignments) {
    await expect.poll(() => assignment.isAtEnd(), PATIENCE).toBe(true);
  }
  await reader.member.stop();
  return reader.records;
}

/** Every key and value of a compacted topic, partition by partition. */
async function readStates(log: EventLog, topic: Topic, group: string): Promise<Map<string, string>[]> {
  const states: Map<string, string>[] = Array.from({ length: log.partitions }, () => new Map());
  let read = 0;
  const member = log.consume({
    group,
    topics: [TOPICS.journal],
    state: [topic],
    async open(assignment) {
      for await (const [key, value] of assignment.readState(topic)) {
        states[assignment.partition]?.set(key, value.toString());
      }
      read++;
      return { startAt: assignment.end, handle: async () => undefined, close: async () => undefined };
    },
  });
  await until(() => expect(read).toBe(log.partitions));
  await member.stop();
  return states;
}

/** Runs the contract against one adapter. */
export function eventLogContract(name: string, contract: EventLogContract): void {
  const used: LogUnderTest[] = [];
  const open = async (): Promise<LogUnderTest> => {
    const opened = await contract.open();
    used.push(opened);
    return opened;
  };
  const reopen = async (under: LogUnderTest): Promise<LogUnderTest> => {
    const again = await under.reopen();
    used.splice(used.indexOf(under), 1, again);
    return again;
  };

  describe(name, () => {
    afterEach(async () => {
      for (const under of used.splice(0)) await under.dispose();
    });

    describe("appending and reading", () => {
      it("delivers what is appended, in order, with growing offsets, to a group that waits for it", async () => {
        const { log } = await open();
        const reader = recordingReader(log, "g", TOPICS.journal);
        for (let i = 0; i < 20; i++) await log.append([journal("agent", `${i}`)]);
        await until(() => expect(reader.records).toHaveLength(20));
        expect(texts(reader.records)).toEqual(Array.from({ length: 20 }, (_, i) => `${i}`));
        const offsets = reader.records.map((record) => record.offset);
        expect(offsets).toEqual([...new Set(offsets)].sort((a, b) => a - b));
        expect(new Set(reader.records.map((record) => record.partition))).toEqual(new Set([log.partitionOf("agent")]));
      });

      it("keeps the order of a key across concurrent appends, and spreads keys by Kafka's own hash", async () => {
        const { log } = await open();
        const keys = ["a", "b", "c", "d", "e"];
        await Promise.all(
          Array.from({ length: 200 }, (_, i) => log.append(keys.map((key) => journal(key, `${key}${i}`)))),
        );
        const records = await readAll(log, TOPICS.journal, "g");
        expect(records).toHaveLength(1000);
        for (const key of keys) {
          const own = records.filter((record) => record.key === key);
          expect(own.every((record) => record.partition === log.partitionOf(key))).toBe(true);
          expect(texts(own)).toEqual(Array.from({ length: 200 }, (_, i) => `${key}${i}`));
        }
        // What org.apache.kafka.common.utils.UtilsTest expects of murmur2 for these keys.
        expect([log.partitionOf("21"), log.partitionOf("foobar"), log.partitionOf("abc")]).toEqual(
          [-973932308, -790332482, 479470107].map((murmur2) => (murmur2 & 0x7fffffff) % log.partitions),
        );
      });

      it("appends to several topics in one call", async () => {
        const { log } = await open();
        await log.append([journal("a", "1"), { topic: TOPICS.dead, key: "a", value: "2" }, journal("a", "3")]);
        expect(texts(await readAll(log, TOPICS.journal, "g"))).toEqual(["1", "3"]);
        expect(texts(await readAll(log, TOPICS.dead, "g"))).toEqual(["2"]);
      });

      it("takes an empty append", async () => {
        const { log } = await open();
        await log.append([]);
        expect(await readAll(log, TOPICS.journal, "g")).toEqual([]);
      });

      it("stamps records with the moment they were appended", async () => {
        const before = Date.now();
        const { log } = await open();
        await log.append([journal("a", "1")]);
        const [record] = await readAll(log, TOPICS.journal, "g");
        expect(record?.timestamp).toBeGreaterThanOrEqual(before - 1000);
        expect(record?.timestamp).toBeLessThanOrEqual(Date.now() + 1000);
      });

      it("keeps values of a megabyte, empty ones, and any unicode in keys and values", async () => {
        const { log } = await open();
        const keys = ["", "\u0000", "a\u0000b", "ключ", "🦑".repeat(50), "\u2028\uffff", "x".repeat(5000), "__proto__"];
        const values = ["", "🦑", "\u0000", "y".repeat(1024 ** 2), "ü".repeat(300_000)];
        const given = keys.flatMap((key) => values.map((value) => journal(key, value)));
        await log.append(given);
        const records = await readAll(log, TOPICS.journal, "g");
        for (const key of keys) {
          expect(texts(records.filter((record) => record.key === key)), JSON.stringify(key.slice(0, 9))).toEqual(
            values,
          );
        }
      });

      it("appends to every partition when it broadcasts", async () => {
        const { log } = await open();
        await log.broadcast(TOPICS.journal, "to all");
        const records = await readAll(log, TOPICS.journal, "g");
        expect(records.map((record) => record.partition).sort()).toEqual(
          Array.from({ length: log.partitions }, (_, partition) => partition),
        );
        expect(new Set(texts(records))).toEqual(new Set(["to all"]));
      });

      it("hands over batches of at most so many bytes, and a greater record alone", async () => {
        const { log } = await open();
        await log.append(
          ["1".repeat(40), "2".repeat(40), "3".repeat(40), "4".repeat(400), "5"].map((v) => journal("a", v)),
        );
        const reader = recordingReader(log, "g", TOPICS.journal, { maxBatchBytes: 100 });
        await until(() => expect(reader.records).toHaveLength(5));
        expect(reader.batches).toEqual([2, 1, 1, 1]);
      });

      it("leaves values as they were after the call that handed them over", async () => {
        const { log } = await open();
        const reader = recordingReader(log, "g", TOPICS.journal);
        for (let i = 0; i < 50; i++) await log.append([journal("a", `${i}`.padEnd(20_000, "."))]);
        await until(() => expect(reader.records).toHaveLength(50));
        expect(texts(reader.records).map((text) => Number.parseInt(text, 10))).toEqual([...Array(50).keys()]);
      });
    });

    describe("groups", () => {
      it("gives every group everything, each at its own pace", async () => {
        const { log } = await open();
        await log.append([journal("a", "1"), journal("a", "2")]);
        const one = recordingReader(log, "one", TOPICS.journal, {
          handle: (records, assignment) => assignment.commit({ offset: last(records) }),
        });
        await until(() => expect(one.records).toHaveLength(2));
        await one.member.stop();
        const two = recordingReader(log, "two", TOPICS.journal);
        await until(() => expect(texts(two.records)).toEqual(["1", "2"]));
      });

      it("goes on where a group committed, also after it was opened anew", async () => {
        const under = await open();
        await under.log.append(["1", "2", "3"].map((value) => journal("a", value)));
        const first = recordingReader(under.log, "g", TOPICS.journal, {
          maxBatchBytes: 1,
          handle: async ([record], assignment) => {
            if (record?.value.toString() === "2") await assignment.commit({ offset: record.offset + 1 });
          },
        });
        await until(() => expect(first.records).toHaveLength(3));
        const { log } = await reopen(under);
        const second = recordingReader(log, "g", TOPICS.journal);
        await until(() => expect(texts(second.records)).toEqual(["3"]));
        const partition = log.partitionOf("a");
        const assignment = second.assignments.find((a) => a.partition === partition);
        expect(assignment?.committed).toBe(second.records[0]?.offset);
      });

      it("reads again from below the committed offset where a reader wants to", async () => {
        const { log } = await open();
        await log.append(["1", "2", "3", "4"].map((value) => journal("a", value)));
        const first = recordingReader(log, "g", TOPICS.journal, {
          handle: (records, assignment) => assignment.commit({ offset: last(records) }),
        });
        await until(() => expect(first.records).toHaveLength(4));
        await first.member.stop();
        const second = recordingReader(log, "g", TOPICS.journal, {
          startAt: ({ committed, beginning }) => Math.max(beginning, committed - 2),
        });
        await until(() => expect(texts(second.records)).toEqual(["3", "4"]));
      });

      it("gives one member several topics, partition by partition", async () => {
        const { log } = await open();
        await log.broadcast(TOPICS.journal, "journal");
        await log.broadcast(TOPICS.dead, "dead");
        const seen: string[] = [];
        const member = log.consume({
          group: "g",
          topics: [TOPICS.journal, TOPICS.dead],
          open: async ({ topic, committed }) => ({
            startAt: committed,
            async handle(records) {
              for (const record of records) seen.push(`${topic} ${record.partition} ${record.value.toString()}`);
            },
            close: async () => undefined,
          }),
        });
        await until(() => expect(seen).toHaveLength(2 * log.partitions));
        const all = [...Array(log.partitions).keys()];
        expect(seen.sort()).toEqual(
          [...all.map((p) => `${TOPICS.dead} ${p} dead`), ...all.map((p) => `${TOPICS.journal} ${p} journal`)].sort(),
        );
        await member.stop();
      });

      it("says when everything that is there was handled", async () => {
        const { log } = await open();
        await log.append(["1", "2"].map((value) => journal("a", value)));
        let release = (): void => undefined;
        const held = new Promise<void>((resolve) => {
          release = resolve;
        });
        const reader = recordingReader(log, "g", TOPICS.journal, { handle: () => held });
        await until(() => expect(reader.assignments).toHaveLength(log.partitions));
        const own = reader.assignments.find(({ partition }) => partition === log.partitionOf("a")) as Assignment;
        expect(await own.isAtEnd()).toBe(false);
        release();
        await expect.poll(() => own.isAtEnd(), { interval: 2 }).toBe(true);
        expect(reader.records).toHaveLength(2);
        await reader.member.stop();
      });

      it("says how far behind a group is", async () => {
        const { log } = await open();
        await log.append(["1", "2", "3"].map((value) => journal("a", value)));
        const behind = async () => {
          const lag = await log.lag("g", TOPICS.journal);
          expect(lag.map(({ partition }) => partition)).toEqual(Array.from({ length: log.partitions }, (_, p) => p));
          return lag.reduce((sum, { committed, end }) => sum + end - committed, 0);
        };
        expect(await behind()).toBe(3);
        const reader = recordingReader(log, "g", TOPICS.journal, {
          maxBatchBytes: 1,
          handle: async ([record], assignment) => {
            if (record?.value.toString() === "2") await assignment.commit({ offset: record.offset + 1 });
          },
        });
        await until(() => expect(reader.records).toHaveLength(3));
        expect(await behind()).toBe(1);
      });

      it("says where the oldest unread record is older than a moment, and nowhere once all is read", async () => {
        const { log } = await open();
        await log.append([journal("a", "1")]);
        const soon = Date.now() + 3_600_000;
        const overdue = async (before: number) =>
          (await log.overdue("g", TOPICS.journal, before)).map(({ partition }) => partition);
        expect(await overdue(soon)).toEqual([log.partitionOf("a")]);
        expect(await overdue(1)).toEqual([]);
        const reader = recordingReader(log, "g", TOPICS.journal, {
          handle: (records, assignment) => {
            const appends = records[0]?.value.toString() === "1" ? [journal("a", "2")] : [];
            return assignment.commit({ offset: last(records), appends });
          },
        });
        await until(() => expect(reader.records).toHaveLength(2));
        await expect.poll(() => overdue(soon)).toEqual([]);
        for (const { committed, end } of await log.lag("g", TOPICS.journal)) expect(end - committed).toBe(0);
        await reader.member.stop();
        // Nobody owns it now: what no reader is ever given does not count all the same.
        for (const { committed, end } of await log.lag("g", TOPICS.journal)) expect(end - committed).toBe(0);
      });
    });

    describe("commits", () => {
      it("write offset, state and appends together, into the owner's partition", async () => {
        const under = await open();
        await under.log.append([journal("a", "1")]);
        const reader = recordingReader(under.log, "g", TOPICS.journal, {
          handle: (records, assignment) =>
            assignment.commit({
              offset: last(records),
              puts: [{ topic: TOPICS.watchState, key: "agent:a", value: "state" }],
              appends: [{ topic: TOPICS.findings, key: "some other key", value: "finding" }],
            }),
        });
        await until(() => expect(reader.records).toHaveLength(1));
        const { log } = await reopen(under);
        const partition = log.partitionOf("a");
        const lag = await log.lag("g", TOPICS.journal);
        expect(lag[partition]).toMatchObject({ committed: lag[partition]?.end });
        const findings = await readAll(log, TOPICS.findings, "f");
        expect(findings.map((r) => [r.partition, r.key, r.value.toString()])).toEqual([
          [partition, "some other key", "finding"],
        ]);
        expect([...((await readStates(log, TOPICS.watchState, "s"))[partition] ?? [])]).toEqual([["agent:a", "state"]]);
      });

      it("append to the partition of a key where they are told to", async () => {
        const { log } = await open();
        await log.append([journal("a", "1")]);
        const keys = ["b", "c", "d", "e", "f", "g"];
        const reader = recordingReader(log, "g", TOPICS.journal, {
          handle: (records, assignment) =>
            assignment.commit({
              offset: last(records),
              routed: keys.map((key) => ({ topic: TOPICS.findings, key, value: key })),
            }),
        });
        await until(() => expect(reader.records).toHaveLength(1));
        const found = await readAll(log, TOPICS.findings, "f");
        expect(found.map(({ key, partition }) => [key, partition]).sort()).toEqual(
          keys.map((key) => [key, log.partitionOf(key)]),
        );
        await reader.member.stop();
      });

      it("keep the newest value of a key of state, and drop the key with null", async () => {
        const under = await open();
        const keys = ["k", "\u0000", "a\u0000b", "🦑", "x".repeat(5000), "gone"];
        await committing(under.log, async (assignment) => {
          const put = (key: string, value: string | null) => ({ topic: TOPICS.incidents, key, value });
          await assignment.commit({ puts: keys.map((key) => put(key, `old ${key}`)) });
          await assignment.commit({ puts: keys.map((key) => put(key, `new ${key}`)) });
          await assignment.commit({ puts: [put("gone", null), put("never there", null)] });
        });
        const { log } = await reopen(under);
        const expected = new Map(keys.filter((key) => key !== "gone").map((key) => [key, `new ${key}`]));
        for (const state of await readStates(log, TOPICS.incidents, "s")) expect(state).toEqual(expected);
      });

      it("read a large state whole, and only that of the partition and topic", async () => {
        const { log } = await open();
        await committing(log, async (assignment) => {
          const keys = Array.from({ length: 700 }, (_, i) => `${assignment.partition}/${i}`);
          await assignment.commit({ puts: keys.map((key) => ({ topic: TOPICS.watchState, key, value: key })) });
          await assignment.commit({ puts: [{ topic: TOPICS.incidents, key: "other", value: "topic" }] });
        });
        const states = await readStates(log, TOPICS.watchState, "s");
        for (const [partition, state] of states.entries()) {
          expect(state.size).toBe(700);
          expect([...state].every(([key, value]) => key === value && key.startsWith(`${partition}/`))).toBe(true);
        }
      });

      it("are taken while a reader closes and refused as fenced after it", async () => {
        const { log } = await open();
        const late: Assignment[] = [];
        await committing(log, async (assignment) => {
          late.push(assignment);
          await assignment.commit({ puts: [{ topic: TOPICS.watchState, key: "k", value: "in close" }] });
        });
        expect(late).toHaveLength(log.partitions);
        for (const assignment of late) {
          const puts = [{ topic: TOPICS.watchState, key: "k", value: "too late" }];
          await expect(assignment.commit({ puts })).rejects.toMatchObject({ code: "fenced" });
        }
        for (const state of await readStates(log, TOPICS.watchState, "s")) expect(state.get("k")).toBe("in close");
      });
    });

    describe("members", () => {
      it("fail with what their reader failed with, and close the other partitions", async () => {
        const { log } = await open();
        await log.broadcast(TOPICS.journal, "x");
        const failure = new Error("the reader broke");
        const reader = recordingReader(log, "g", TOPICS.journal, {
          handle: async (_, { partition }) => {
            if (partition === 0) throw failure;
          },
        });
        await expect(reader.member.done).rejects.toBe(failure);
        await reader.member.stop();
        expect(new Set(reader.closed)).toEqual(new Set(reader.assignments.map(({ partition }) => partition)));
      });

      it("stop after the handling that runs, then close, and read nothing more", async () => {
        const { log } = await open();
        const order: string[] = [];
        let finish = (): void => undefined;
        const running = new Promise<void>((resolve) => {
          finish = resolve;
        });
        const reader = recordingReader(log, "g", TOPICS.journal, {
          async handle() {
            order.push("handle");
            await running;
            order.push("handled");
          },
          close: async ({ partition }) => {
            if (partition === log.partitionOf("a")) order.push("closed");
          },
        });
        await log.append([journal("a", "1")]);
        await until(() => expect(order).toEqual(["handle"]));
        await log.append([journal("a", "2")]);
        const stopped = reader.member.stop().then(() => order.push("stopped"));
        finish();
        await stopped;
        await reader.member.done;
        expect(order).toEqual(["handle", "handled", "closed", "stopped"]);
      });

      it("may come back after they stopped", async () => {
        const { log } = await open();
        for (let round = 0; round < 5; round++) {
          const reader = recordingReader(log, "g", TOPICS.journal, {
            handle: (records, assignment) => assignment.commit({ offset: last(records) }),
          });
          await log.append([journal("a", `${round}`)]);
          await until(() => expect(texts(reader.records)).toEqual([`${round}`]));
          await reader.member.stop();
        }
      });
    });

    describe("any history", () => {
      it("reads back as it was acknowledged, whatever appends and commits went side by side", async () => {
        const step = fc.oneof(
          fc.record({
            do: fc.constant("append" as const),
            keys: fc.array(fc.string({ unit: "binary", maxLength: 3 }), { maxLength: 20 }),
          }),
          fc.record({ do: fc.constant("commit" as const), key: fc.constantFrom("a", "b", "c"), drop: fc.boolean() }),
          fc.record({ do: fc.constant("broadcast" as const) }),
          fc.record({ do: fc.constant("wait" as const) }),
        );
        await fc.assert(
          fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
            const under = await open();
            const { log } = under;
            const owner = await ownerOf(log);
            const expected: string[][] = Array.from({ length: log.partitions }, () => []);
            const state = new Map<string, string>();
            let waiting: Promise<void>[] = [];
            for (const [n, what] of steps.entries()) {
              const put = (partition: number, value: string): string => {
                expected[partition]?.push(value);
                return value;
              };
              if (what.do === "append") {
                const records = what.keys.map((key, i) => journal(key, put(log.partitionOf(key), `${n}.${i}`)));
                waiting.push(log.append(records));
              } else if (what.do === "broadcast") {
                for (let partition = 0; partition < log.partitions; partition++) put(partition, `${n}`);
                waiting.push(log.broadcast(TOPICS.journal, `${n}`));
              } else if (what.do === "commit") {
                if (what.drop) state.delete(what.key);
                else state.set(what.key, `${n}`);
                const puts = [{ topic: TOPICS.watchState, key: what.key, value: what.drop ? null : `${n}` }];
                waiting.push(owner.assignment.commit({ puts, appends: [journal("any", put(0, `own ${n}`))] }));
              } else {
                await Promise.all(waiting);
                waiting = [];
              }
            }
            await Promise.all(waiting);
            const again = await reopen(under);
            const records = await readAll(again.log, TOPICS.journal, "g");
            // An owner's appends and everybody's go side by side; each of them stays in order.
            const ofOwner = (value: string) => value.startsWith("own");
            for (const [partition, values] of expected.entries()) {
              const read = texts(records.filter((record) => record.partition === partition));
              expect(read.filter(ofOwner)).toEqual(values.filter(ofOwner));
              expect(read.filter((value) => !ofOwner(value))).toEqual(values.filter((value) => !ofOwner(value)));
            }
            expect((await readStates(again.log, TOPICS.watchState, "s"))[0]).toEqual(state);
            used.splice(used.indexOf(again), 1);
            await again.dispose();
          }),
          { numRuns: 25 },
        );
        // On a broker each history makes, reads and deletes topics: a second each, more on a busy machine.
      });
    });

    it("refuses everything once it is closed", async () => {
      const { log } = await open();
      await log.close();
      await expect(log.append([journal("a", "1")])).rejects.toMatchObject({ code: "log_closed" });
      await expect(log.broadcast(TOPICS.journal, "1")).rejects.toMatchObject({ code: "log_closed" });
      await log.close();
    });
  });
}

/** Runs `work` with every partition's assignment, while the readers close. */
async function committing(log: EventLog, work: (assignment: Assignment) => Promise<void>): Promise<void> {
  const reader = recordingReader(log, "owner", TOPICS.journal, { close: work });
  await until(() => expect(reader.assignments).toHaveLength(log.partitions));
  await reader.member.stop();
  await reader.member.done;
}

/** A member that stays, with the assignment of partition 0. */
async function ownerOf(log: EventLog): Promise<{ assignment: Assignment }> {
  const reader = recordingReader(log, "owner", TOPICS.journal);
  await until(() => expect(reader.assignments).toHaveLength(log.partitions));
  const assignment = reader.assignments.find(({ partition }) => partition === 0) as Assignment;
  return { assignment };
}
