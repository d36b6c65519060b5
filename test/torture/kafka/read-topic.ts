/** Everything that is committed in a topic of the event log. */
import { setTimeout as delay } from "node:timers/promises";
import type { Assignment, EventLog, LogRecord } from "../../../ingest/log/event-log.ts";
import type { Topic } from "../../../schemas/topics.ts";

const WITHIN_MS = 180_000;

/** Reads with a group of its own; `partitions` are those of the topic. */
export async function readTopic(log: EventLog, topic: Topic, partitions: number): Promise<LogRecord[]> {
  /** By place: a partition that is given anew is read anew. */
  const records = new Map<string, LogRecord>();
  const open = new Map<number, Assignment>();
  const member = log.consume({
    group: `verdict-${topic}-${process.pid}`,
    topics: [topic],
    async open(assignment) {
      open.set(assignment.partition, assignment);
      return {
        startAt: assignment.beginning,
        async handle(batch) {
          for (const record of batch) records.set(`${record.partition}/${record.offset}`, record);
        },
        close: async () => undefined,
      };
    },
  });
  const isRead = async () => {
    if (open.size < partitions) return false;
    const ends = await Promise.all([...open.values()].map((one) => one.isAtEnd().catch(() => false)));
    return ends.every(Boolean);
  };
  try {
    for (const until = Date.now() + WITHIN_MS; !(await isRead()); await delay(100)) {
      if (Date.now() > until) throw new Error(`${topic} could not be read to its end`);
    }
    return [...records.values()];
  } finally {
    await member.stop();
  }
}
