/**
 * Records as only Kafka delivers them (any bytes, null values, headers), through the embedded log: they are appended in
 * an envelope, which is taken off again before the reader sees them.
 */
import type { Assignment, EventLog, LogRecord } from "../../../ingest/log/event-log.ts";
import { TOPICS } from "../../../schemas/topics.ts";

export interface ForeignRecord {
  readonly value: string | Buffer | null;
  readonly headers?: Readonly<Record<string, string>>;
  /** Decides the partition. */
  readonly key?: string;
}

export function produce(log: EventLog, records: readonly (ForeignRecord | string)[]): Promise<void> {
  return log.append(
    records.map((record) => {
      const { value, headers, key = "" } = typeof record === "string" ? { value: record } : record;
      const bytes = value === null ? null : Buffer.from(value).toString("base64");
      return { topic: TOPICS.events, key, value: JSON.stringify({ bytes, headers }) };
    }),
  );
}

function unpacked(record: LogRecord): LogRecord {
  const { bytes, headers } = JSON.parse(record.value.toString()) as {
    bytes: string | null;
    headers?: Record<string, string>;
  };
  return {
    ...record,
    value: Buffer.from(bytes ?? "", "base64"),
    ...(bytes === null ? { isNull: true } : {}),
    ...(headers === undefined ? {} : { headers }),
  };
}

/** The log as the inlet sees it; `change` may tamper with what is assigned. */
export function foreignLog(log: EventLog, change: (assignment: Assignment) => Assignment = (same) => same): EventLog {
  return {
    ...log,
    consume: (options) =>
      log.consume({
        ...options,
        async open(assignment) {
          const reader = await options.open(change(assignment));
          return { ...reader, handle: (records) => reader.handle(records.map(unpacked)) };
        },
      }),
  };
}
