/** The journal of a data directory read from its first record by a fresh watch, beside what production wrote. */
import { join } from "node:path";
import { createIncidentBook } from "../../alerting/incident-book.ts";
import { createWatch } from "../../alerting/watch.ts";
import { createPartitionJudge } from "../../detectors/partition-judge.ts";
import { createRepeatFilter } from "../../ingest/journal/repeat-filter.ts";
import { openEmbeddedLog } from "../../ingest/log/embedded-log.ts";
import type { EventLog, LogRecord, PartitionReader } from "../../ingest/log/event-log.ts";
import { readRecord } from "../../ingest/watch/read-record.ts";
import { TOPICS, type Topic } from "../../schemas/topics.ts";

/** Values as they stand in the log, by partition; an incident is its newest value by key. */
interface Told {
  readonly findings: readonly string[][];
  readonly incidents: ReadonlyMap<string, string>;
}

export interface Replayed {
  readonly production: Told;
  readonly replay: Told;
  /** Journal records by type. */
  readonly records: Readonly<Record<string, number>>;
}

/** Opens the log of a data directory that nobody uses and judges all of it anew. */
export async function replayed(dataDirectory: string): Promise<Replayed> {
  const directory = join(dataDirectory, "log");
  const log = await openEmbeddedLog({ directory, limitBytes: 1024 ** 3, now: Date.now });
  try {
    return await replayAll(log);
  } finally {
    await log.close();
  }
}

async function replayAll(log: EventLog): Promise<Replayed> {
  const findings = Array.from({ length: log.partitions }, (): string[] => []);
  await readAll(log, TOPICS.findings, (record) => findings[record.partition]?.push(record.value.toString()));

  const production = new Map<string, string>();
  const replay = { findings: findings.map((): string[] => []), incidents: new Map<string, string>() };
  const records: Record<string, number> = {};
  const parts = findings.map((_, partition) => {
    const failures: unknown[] = [];
    const fail = (error: unknown): void => void failures.push(error);
    const failing = {
      detectorFailed: (_detector: string, _agent: string, error: unknown) => fail(error),
      agentEvicted: () => undefined,
    };
    const judge = createPartitionJudge({ partition, telemetry: failing });
    const telemetry = { judgeFailed: (_position: unknown, error: unknown) => fail(error) };
    const watch = createWatch({ judge, book: createIncidentBook({ partition }), telemetry });
    return { watch, filter: createRepeatFilter({ recentIds: 100_000 }), failures };
  });
  await readAll(
    log,
    TOPICS.journal,
    ({ partition, offset, value }) => {
      const { watch, filter, failures } = parts[partition] as (typeof parts)[number];
      const record = readRecord(value.toString());
      if (record === undefined) throw new Error(`record ${partition}/${offset} cannot be read`);
      records[record.type] = (records[record.type] ?? 0) + 1;
      if (record.type === "event" && filter.accept(record, offset) === "repeat") return;
      watch.process(record, { partition, offset });
      if (failures.length > 0) throw failures[0];
      const { puts, appends } = watch.takeOutputs();
      for (const put of puts) if (put.value !== null) replay.incidents.set(put.key, put.value);
      for (const append of appends) replay.findings[partition]?.push(append.value);
    },
    async (readState) => {
      for await (const [key, value] of readState(TOPICS.incidents)) {
        if (key.startsWith("incident:")) production.set(key, value.toString());
      }
    },
  );
  // What was sent, and when something was judged, is of that day.
  const isOf = (value: string) => !["notification", "judgement"].includes((JSON.parse(value) as { type: string }).type);
  const judged = (all: readonly string[][]) => all.map((values) => values.filter(isOf));
  return {
    production: { findings: judged(findings), incidents: production },
    replay: { ...replay, findings: judged(replay.findings) },
    records,
  };
}

type ReadState = (topic: Topic) => AsyncIterable<readonly [string, Buffer]>;

/** Every record of a topic, in the order of its partitions, to its present end. */
async function readAll(
  log: EventLog,
  topic: Topic,
  take: (record: LogRecord) => void,
  open: (readState: ReadState) => Promise<void> = async () => undefined,
): Promise<void> {
  let left = log.partitions;
  let finish: () => void = () => undefined;
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const member = log.consume({
    group: "replay",
    topics: [topic],
    async open(assignment): Promise<PartitionReader> {
      const { beginning, end } = assignment;
      if (beginning !== 0) throw new Error(`${topic} is not whole: it begins at ${beginning}`);
      await open((state) => assignment.readState(state));
      const ended = (next: number): void => {
        if (next !== end) return;
        left -= 1;
        if (left === 0) finish();
      };
      ended(beginning);
      return {
        startAt: beginning,
        async handle(records) {
          for (const record of records) {
            take(record);
            ended(record.offset + 1);
          }
        },
        close: async () => undefined,
      };
    },
  });
  await Promise.race([finished, member.done]);
  await member.stop();
}
