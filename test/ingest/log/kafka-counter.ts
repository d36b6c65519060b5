/**
 * A process of the tests: member of two groups. "copy" moves every record of the inlet to the journal, exactly once;
 * "count" counts the journal's records by key, in state that is true to the committed offset; like every reader of the
 * journal it tells repeats by where they come from. Writes what happens to its standard output as lines of JSON.
 * SIGUSR2 breaks its connections, SIGTERM ends it in order.
 */
import { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { pino } from "pino";
import type { Assignment, Commit, LogRecord, PartitionReader } from "../../../ingest/log/event-log.ts";
import { openKafkaLog } from "../../../ingest/log/kafka-log.ts";
import { verdictOf } from "../../../schemas/errors.ts";
import { TOPICS } from "../../../schemas/topics.ts";
import type { Count, CounterEvent, CounterSettings } from "./kafka-counters.ts";

const settings = JSON.parse(process.argv[2] ?? "") as CounterSettings;
const tell = (event: CounterEvent) => process.stdout.write(`${JSON.stringify({ at: Date.now(), ...event })}\n`);
const held = new Map<number, Assignment>();
let opened = 0;

const log = await openKafkaLog({
  connection: { brokers: settings.brokers, ssl: false },
  ...{ clientId: "counter", prefix: settings.prefix, partitions: settings.partitions },
  inletPartitions: settings.partitions,
  ...{ inletRetentionMs: 3_600_000, journalRetentionMs: 3_600_000 },
  logger: pino({ level: settings.logLevel ?? "silent" }, pino.destination(2)),
  onGap: (gap) => tell({ event: "gap", detail: JSON.stringify(gap) }),
});

/** Until it is taken, or the partition is another's. */
async function commit(assignment: Assignment, step: Commit): Promise<void> {
  for (;;) {
    try {
      return await assignment.commit(step);
    } catch (error) {
      if (verdictOf(error) !== "retry") throw error;
      await delay(200);
    }
  }
}

function reader(group: "copy" | "count", work: (records: readonly LogRecord[]) => Commit, assignment: Assignment) {
  const { partition } = assignment;
  opened += 1;
  const id = opened;
  if (group === "count") held.set(id, assignment);
  tell({ event: "opened", group, partition, id });
  return {
    startAt: assignment.committed,
    async handle(records) {
      await commit(assignment, { ...work(records), offset: (records.at(-1)?.offset ?? 0) + 1 });
      tell({ event: "handled", group, partition, id, count: records.length });
    },
    async close() {
      tell({ event: "closed", group, partition, id });
    },
  } satisfies PartitionReader;
}

const copying = log.consume({
  group: "copy",
  topics: [TOPICS.events],
  open: async (assignment) =>
    reader(
      "copy",
      (records) => ({
        routed: records.map(({ key, partition, offset }) => ({
          topic: TOPICS.journal,
          key,
          value: `${partition}:${offset}`,
        })),
      }),
      assignment,
    ),
});

const counting = log.consume({
  group: "count",
  topics: [TOPICS.journal],
  state: [TOPICS.watchState],
  async open(assignment) {
    const counts = new Map<string, Count>();
    for await (const [key, value] of assignment.readState(TOPICS.watchState))
      counts.set(key, JSON.parse(value.toString()) as Count);
    const work = (records: readonly LogRecord[]): Commit => {
      const changed = new Set<string>();
      for (const { key, value } of records) {
        const { count, upTo } = counts.get(key) ?? { count: 0, upTo: -1 };
        const offset = Number(value.toString().split(":")[1]);
        if (offset <= upTo) continue;
        counts.set(key, { count: count + 1, upTo: offset });
        changed.add(key);
      }
      const told = [...changed].map((key) => ({ key, ...(counts.get(key) as Count) }));
      return {
        puts: told.map(({ key, ...value }) => ({ topic: TOPICS.watchState, key, value: JSON.stringify(value) })),
        appends: told.map(({ key, count }) => ({ topic: TOPICS.findings, key, value: `${key}#${count}` })),
      };
    };
    return reader("count", work, assignment);
  },
});

for (const member of [copying, counting]) {
  member.done.catch((error: unknown) => {
    tell({ event: "failed", detail: String(error) });
    process.exitCode = 1;
    process.exit();
  });
}

let claimed = "";
setInterval(() => {
  const ids = [...held].flatMap(([id, assignment]) => (assignment.isOwner() ? [id] : []));
  if (ids.join() === claimed) return;
  claimed = ids.join();
  tell({ event: "owner of", ids });
}, 20);

process.on("SIGUSR2", () => {
  const { _getActiveHandles: handles } = process as unknown as { _getActiveHandles(): unknown[] };
  for (const handle of handles.call(process)) {
    if (handle instanceof Socket && handle.remotePort !== undefined) handle.destroy(new Error("cut"));
  }
});
process.once("SIGTERM", () => void log.close().then(() => process.exit(0)));
tell({ event: "ready" });
