/**
 * Writes lines to the inlet topic.
 *
 * MUST
 * - `send` resolves only when the brokers have acknowledged every line, with `acks=-1`.
 * - After a failure nothing of the old producer is used again: its sequence numbers may be ahead of, or behind, what
 *   the brokers have. What is sent again may arrive twice; its identity makes it one event.
 * - A line goes to the same partition at every try of a `send`, with a key or without.
 */
import { type CompressionTypes, type Kafka, type Message, Partitioners, type Producer } from "kafkajs";
import { WatchkeeperError } from "../../schemas/errors.ts";
import { EVENT_SCHEMA_VERSION } from "../../schemas/events/index.ts";
import { TOPICS } from "../../schemas/topics.ts";
import { classifyKafkaError } from "./errors.ts";
import { HEADERS } from "./headers.ts";

/** One event, as it was written. */
export interface InletLine {
  /** Without its line break. */
  readonly bytes: Buffer;
  /** Becomes the key, so that an agent's lines keep their order. */
  readonly agent: string | undefined;
  /** Position identity, for a line without an id of its own. */
  readonly position: string | undefined;
}

export interface InletProducerOptions {
  /** Made with `INLET_RETRY`. */
  readonly kafka: Kafka;
  readonly compression: CompressionTypes;
  /** Name of the program, for the header. */
  readonly program: string;
  /** History that is brought in: nothing pages. Default false. */
  readonly backfill?: boolean;
}

export interface InletProducer {
  /**
   * One call at a time, with at most what `inletBatches` puts together. Rejects with what `classifyKafkaError` makes
   * of it: `log_unavailable`, `kafka_auth_failed`, `kafka_topic_missing`, `record_too_large`, …
   */
  send(lines: readonly InletLine[]): Promise<void>;
  close(): Promise<void>;
}

/** Quick tries for what passes in a second, such as a new leader; whoever calls knows how to wait for longer. */
export const INLET_RETRY = { initialRetryTime: 100, maxRetryTime: 1_000, retries: 4 } as const;

export function createInletProducer(options: InletProducerOptions): InletProducer {
  const headers = {
    [HEADERS.schemaVersion]: String(EVENT_SCHEMA_VERSION),
    [HEADERS.producer]: options.program,
    ...(options.backfill === true ? { [HEADERS.backfill]: "1" } : {}),
  };
  let producer: Producer | undefined;
  let running: Promise<unknown> = Promise.resolve();
  /** Partitions that the running send has lines for. */
  const expected = new Set<number>();

  const partitioner = () => {
    const byKey = Partitioners.DefaultPartitioner();
    return ({ message, ...rest }: Parameters<typeof byKey>[0]): number => {
      // Without a key the library chooses anew at every try, and a line whose first try is in doubt would go missing.
      const key = message.key ?? message.headers?.[HEADERS.id]?.toString() ?? "";
      const partition = byKey({ ...rest, message: { ...message, key } });
      expected.add(partition);
      return partition;
    };
  };
  const open = async (): Promise<Producer> => {
    if (producer !== undefined) return producer;
    const fresh = options.kafka.producer({
      ...{ idempotent: true, maxInFlightRequests: 1, allowAutoTopicCreation: false },
      ...{ createPartitioner: partitioner, retry: INLET_RETRY },
    });
    producer = fresh;
    await fresh.connect();
    return fresh;
  };
  const discard = async () => {
    const old = producer;
    producer = undefined;
    await old?.disconnect().catch(() => undefined);
  };
  const sendOnce = async (lines: readonly InletLine[]) => {
    try {
      const { send } = await open();
      expected.clear();
      const messages = lines.map(messageOf);
      const answers = await send({ topic: TOPICS.events, acks: -1, compression: options.compression, messages });
      // When a leader moves to a broker that has already answered, the library forgets the lines of that partition.
      const answered = new Set(answers.map(({ partition }) => partition));
      if ([...expected].some((partition) => !answered.has(partition))) throw unanswered();
    } catch (error) {
      await discard();
      throw classifyKafkaError(error, { topic: TOPICS.events });
    }
  };
  const messageOf = ({ bytes, agent, position }: InletLine): Message => ({
    key: agent ?? null,
    value: bytes,
    headers: position === undefined ? headers : { ...headers, [HEADERS.id]: position },
  });

  return {
    send(lines) {
      const sending = sendOnce(lines);
      running = sending.catch(() => undefined);
      return sending;
    },
    async close() {
      const last = producer;
      await discard();
      // A try that still runs may connect once more; when it has given up, that connection goes too.
      void running.then(() => last?.disconnect()).catch(() => undefined);
    },
  };
}

function unanswered(): WatchkeeperError {
  return new WatchkeeperError("A partition changed its leader before it had acknowledged its lines.", {
    code: "log_unavailable",
    verdict: "retry",
    retryAfterMs: 250,
  });
}

/** All lines of a `send` may fall into one partition, and so into one record batch: brokers take 1 MiB by default. */
const BATCH_BYTES = 900_000;
const BATCH_LINES = 1_000;
/** Key, headers and framing of a record, roughly. */
const RECORD_OVERHEAD = 160;

/** Puts lines together for `send`. A longer line stands alone; the broker decides whether it is too large. */
export function* inletBatches(lines: Iterable<InletLine>): Generator<InletLine[]> {
  let batch: InletLine[] = [];
  let bytes = 0;
  for (const line of lines) {
    const size = line.bytes.length + (line.agent?.length ?? 0) + RECORD_OVERHEAD;
    if (batch.length > 0 && (bytes + size > BATCH_BYTES || batch.length === BATCH_LINES)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(line);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}
