/** Records of the log as messages of Kafka and back, and the pieces in which they are sent. */
import type { KafkaMessage, RecordMetadata, TopicMessages } from "kafkajs";
import { EVENT_SCHEMA_VERSION } from "../../../schemas/events/index.ts";
import { TOPICS, type Topic } from "../../../schemas/topics.ts";
import { HEADERS as KNOWN_HEADERS } from "../../kafka/headers.ts";
import { type PlacedMessage, placedMessages } from "../../kafka/placed-messages.ts";
import type { LogRecord } from "../event-log.ts";
import { ByPartition } from "./by-partition.ts";
import type { Names } from "./names.ts";

/** A message that knows its partition. */
export interface Outgoing {
  readonly topic: Topic;
  readonly partition: number;
  readonly key: string;
  /** Null removes the key of a compacted topic. */
  readonly value: string | null;
}

/**
 * Bytes of one partition in one request at most, one message at least: kafkajs makes one record batch of them, and a
 * broker takes a batch of a mebibyte unless its topic says otherwise.
 */
const BATCH_BYTES = 900 * 1024;
/** Bytes of one request at most. */
const REQUEST_BYTES = 4 * 1024 ** 2;

/** Our headers and the frame of a record. */
const OVERHEAD_BYTES = 60;

const HEADERS = { "schema-version": String(EVENT_SCHEMA_VERSION), producer: "watchkeeper" };

/** What goes to one partition of one topic. */
interface Lane {
  readonly messages: PlacedMessage[];
  bytes: number;
}

const emptyLanes = () => new ByPartition<Lane>(() => ({ messages: [], bytes: 0 }));

/** The messages in their order, cut into requests. */
export function* requestsOf(messages: Iterable<Outgoing>, names: Names): Generator<TopicMessages[]> {
  let lanes = emptyLanes();
  let total = 0;
  for (const { topic, partition, key, value } of messages) {
    const bytes = sizeOf(key, value);
    const { bytes: before } = lanes.of(topic, partition);
    if (total > 0 && ((before > 0 && before + bytes > BATCH_BYTES) || total + bytes > REQUEST_BYTES)) {
      yield asRequest(lanes, names);
      lanes = emptyLanes();
      total = 0;
    }
    const lane = lanes.of(topic, partition);
    lane.messages.push({ key, value, partition, headers: HEADERS });
    lane.bytes += bytes;
    total += bytes;
  }
  if (total > 0) yield asRequest(lanes, names);
}

function asRequest({ all }: ByPartition<Lane>, names: Names): TopicMessages[] {
  const topics = [...new Set(all.map(({ topic }) => topic))];
  return topics.map((topic) => {
    const messages = all.flatMap((lane) => (lane.topic === topic ? lane.value.messages : []));
    return { topic: names.topic(topic), messages: placedMessages(messages) };
  });
}

/** Key, value, headers and frame of a record; letters of a key may take three bytes. */
function sizeOf(key: string, value: string | null): number {
  return OVERHEAD_BYTES + Buffer.byteLength(key) + (value === null ? 0 : Buffer.byteLength(value));
}

/**
 * Whether the broker answered for every partition of a request. When a leader moves while others have answered already,
 * kafkajs 2.2.4 leaves its partitions out of the second try and reports success.
 */
export function isAnswered(request: readonly TopicMessages[], answers: readonly RecordMetadata[]): boolean {
  const answered = new Set(answers.map(({ topicName, partition }) => `${topicName}/${partition}`));
  return request.every(({ topic, messages }) => {
    const partitions = new Set(messages.map(({ partition }) => partition));
    return [...partitions].every((partition) => answered.has(`${topic}/${partition}`));
  });
}

const EMPTY = Buffer.alloc(0);

/** A batch that cannot be read: the offsets that are missed, and why. */
export interface Unreadable {
  readonly from: number;
  readonly to: number;
  readonly error: unknown;
}

/** What stands for batches that cannot be read (`fetched-records.ts`). */
export function unreadableIn(messages: readonly KafkaMessage[]): Unreadable[] {
  return messages.flatMap((message) => {
    const { unreadable } = message as { readonly unreadable?: { readonly from: number; readonly error: unknown } };
    return unreadable === undefined ? [] : [{ ...unreadable, to: Number(message.offset) + 1 }];
  });
}

/** A message as it was read. */
export function recordOf(topic: Topic, partition: number, message: KafkaMessage): LogRecord {
  const { offset, timestamp, key, value } = message;
  // Ours say nothing that a reader needs.
  const headers = topic === TOPICS.events ? message.headers : undefined;
  return {
    topic,
    partition,
    offset: Number(offset),
    timestamp: Number(timestamp),
    key: key?.toString() ?? "",
    value: value ?? EMPTY,
    ...(value === null && { isNull: true as const }),
    ...(headers !== undefined && { headers: textsOf(headers) }),
  };
}

/** Those that we know; of a name that comes more than once the last value. A stranger's others are not kept. */
function textsOf(headers: NonNullable<KafkaMessage["headers"]>): Record<string, string> {
  const texts: [string, string][] = [];
  for (const name of Object.values(KNOWN_HEADERS)) {
    const value = headers[name];
    const last = Array.isArray(value) ? value.at(-1) : value;
    if (last !== undefined) texts.push([name, last.toString()]);
  }
  return Object.fromEntries(texts);
}
