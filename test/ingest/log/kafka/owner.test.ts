import { setTimeout as delay } from "node:timers/promises";
import { expect, it } from "vitest";
import type { Assignment, LogRecord } from "../../../../ingest/log/event-log.ts";
import type { Gap } from "../../../../ingest/log/kafka/gap-notes.ts";
import { createOwner, type OwnerOptions } from "../../../../ingest/log/kafka/owner.ts";
import { WatchkeeperError } from "../../../../schemas/errors.ts";
import { TOPICS } from "../../../../schemas/topics.ts";
import { silent, until } from "../../store/fixtures.ts";

const topic = TOPICS.journal;
const record = (offset: number): LogRecord => ({
  ...{ topic, partition: 3, offset, timestamp: 1, key: "k", value: Buffer.from("v") },
});
const fetched = (from: number, next: number) => ({ topic, from, next, records: [record(next - 1)], unreadable: [] });

type Write = OwnerOptions["transactions"]["write"];

/** An owner of partition 3 whose topic holds 10 to 100; `write` sees its steps in order. */
function ownerOf(write: Write, more: Partial<Omit<OwnerOptions, "committed">> & { readonly committed?: number } = {}) {
  const gaps: Gap[] = [];
  const failures: unknown[] = [];
  const assignments: Assignment[] = [];
  const { committed = 10, ...options } = more;
  const owner = createOwner({
    ...{ group: "g", partition: 3, topics: [topic], state: [], maxBatchBytes: 1_000, logger: silent },
    open: async (assignment) => {
      assignments.push(assignment);
      return { startAt: assignment.committed, handle: async () => undefined, close: async () => undefined };
    },
    partitionOf: () => 7,
    transactions: { open: async () => undefined, standsAt: () => undefined, write, close: async () => undefined },
    watermarks: { of: async () => new Map([[3, { low: 10, high: 100 }]]) },
    committed: async () => committed,
    fetching: { from: () => undefined, pause: () => undefined, resume: () => undefined },
    isMember: () => true,
    sleep: (ms) => delay(ms, undefined, { ref: false }),
    onGap: (gap) => void gaps.push(gap),
    recordOfGap: ({ from, to }) => ({ topic, key: "watchkeeper", value: `${from}-${to}` }),
    onTaken: () => undefined,
    onLost: () => failures.push("lost"),
    onFailure: (error) => failures.push(error),
    ...options,
  });
  return { owner, gaps, failures, assignments };
}

it("moves past a gap in no step that does not hold what the journal must say of it", async () => {
  const steps: Parameters<Write>[0][] = [];
  let isAway = true;
  const { owner, gaps, assignments } = ownerOf(async (step) => {
    steps.push(step);
    if (isAway) throw new WatchkeeperError("away", { code: "log_unavailable", verdict: "retry" });
  });
  await owner.open();
  expect(owner.put(fetched(10, 20))).toBe(true);
  expect(owner.put(fetched(25, 30))).toBe(true);
  expect(gaps).toEqual([{ group: "g", topic, partition: 3, from: 20, to: 25 }]);
  await until(() => steps.length === 1);
  const told = { topic, partition: 7, key: "watchkeeper", value: "20-25" };
  expect(steps[0]).toEqual({ messages: [told] });
  await expect(assignments[0]?.commit({ offset: 30 })).rejects.toMatchObject({ code: "log_unavailable" });
  isAway = false;
  await assignments[0]?.commit({ offset: 30 });
  await assignments[0]?.commit({ offset: 31 });
  expect(steps.slice(1)).toEqual([
    { messages: [told], offset: { topic, offset: 30 } },
    { messages: [told], offset: { topic, offset: 30 } },
    { messages: [], offset: { topic, offset: 31 } },
  ]);
  await owner.close();
});

it("tells what was gone before it came, and moves the group to what is left", async () => {
  const steps: Parameters<Write>[0][] = [];
  const { owner, gaps, assignments } = ownerOf(async (step) => void steps.push(step), { committed: 4 });
  await owner.open();
  expect(gaps).toEqual([{ group: "g", topic, partition: 3, from: 4, to: 10 }]);
  expect(steps.flatMap(({ messages }) => messages.map(({ value }) => value))).toEqual(["4-10"]);
  expect(steps.at(-1)?.offset).toEqual({ topic, offset: 10 });
  expect(assignments[0]?.committed).toBe(10);
  await owner.close();
});

it("tells a batch that cannot be read once, however often it is fetched", async () => {
  const { owner, gaps } = ownerOf(async () => undefined);
  await owner.open();
  const unreadable = [{ from: 12, to: 15, error: new Error("damaged") }];
  for (const _ of ["fetched", "fetched again"]) owner.put({ topic, from: 10, next: 15, records: [], unreadable });
  expect(gaps).toEqual([{ group: "g", topic, partition: 3, from: 12, to: 15 }]);
  await owner.close();
});

it("fails over state that cannot be read: without a part of it incidents would be told anew", async () => {
  const state = [TOPICS.watchState];
  const { owner, failures } = ownerOf(async () => undefined, { state });
  const opening = owner.open();
  const unreadable = [{ from: 40, to: 42, error: new Error("damaged") }];
  const batch = { topic: TOPICS.watchState, from: 10, next: 50, records: [], unreadable };
  await until(() => owner.put(batch));
  await opening;
  expect(failures).toMatchObject([
    {
      code: "state_unreadable",
      verdict: "fatal",
      message: "State in agent-watch-state/3, offsets 40 to 41, cannot be read: damaged",
    },
  ]);
  await owner.close();
});

it("does not fail over a reader that could not finish before its partition went to another", async () => {
  const away = new WatchkeeperError("away", { code: "log_unavailable", verdict: "retry" });
  let isHandling = false;
  const { owner, failures } = ownerOf(async () => undefined, {
    // Closing waits for nobody here.
    sleep: () => new Promise((resolve) => setImmediate(resolve)),
    open: async ({ committed, ended }) => ({
      startAt: committed,
      async handle() {
        isHandling = true;
        await new Promise((resolve) => ended.addEventListener("abort", resolve));
        throw away;
      },
      close: async () => undefined,
    }),
  });
  await owner.open();
  owner.put(fetched(10, 20));
  await until(() => isHandling);
  await owner.close();
  expect(failures).toEqual([]);
});
