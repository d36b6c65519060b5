/**
 * Appends of the process: one idempotent producer, one request on its way at a time, and everything that came in
 * meanwhile goes with the next. What fails is sent again until a deadline: events carry their identity, so that what
 * was written after all is recognised as a repeat by whoever reads.
 */
import type { CompressionTypes, Kafka, Producer } from "kafkajs";
import { verdictOf, WatchkeeperError } from "../../../schemas/errors.ts";
import { PRODUCER_DEFAULTS } from "../../kafka/client.ts";
import { classifyKafkaError } from "../../kafka/errors.ts";
import { unavailable } from "./errors.ts";
import type { Names } from "./names.ts";
import { isAnswered, type Outgoing, requestsOf } from "./wire.ts";

export interface AppenderOptions {
  readonly kafka: Kafka;
  readonly compression: CompressionTypes;
  readonly names: Names;
  /** A monotonic clock, milliseconds. */
  readonly elapsed: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

export interface Appender {
  /** Resolves when all in-sync replicas have them. Errors: `log_unavailable`, `log_busy` (both retry). */
  append(messages: readonly Outgoing[]): Promise<void>;
  /** What went wrong with the newest request; undefined when it was taken. */
  readonly trouble: WatchkeeperError | undefined;
  close(): Promise<void>;
}

interface Waiting {
  readonly messages: readonly Outgoing[];
  readonly bytes: number;
  readonly since: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** What goes together, and what may wait before more is refused. */
const TOGETHER_BYTES = 4 * 1024 ** 2;
const WAITING_BYTES = 128 * 1024 ** 2;
/** A caller hears no later than this that the broker does not take its records. */
const PATIENCE_MS = 8_000;
const PAUSE_MS = 200;

export function createAppender({ kafka, compression, names, elapsed, sleep }: AppenderOptions): Appender {
  const queue: Waiting[] = [];
  let waitingBytes = 0;
  let running: Promise<void> | undefined;
  let producer: Producer | undefined;
  let trouble: WatchkeeperError | undefined;
  let closed = false;

  async function connected(): Promise<Producer> {
    if (producer !== undefined) return producer;
    const fresh = kafka.producer({
      ...PRODUCER_DEFAULTS,
      idempotent: true,
      maxInFlightRequests: 1,
      retry: { retries: 3, initialRetryTime: 100, maxRetryTime: 1_000 },
    });
    await fresh.connect();
    producer = fresh;
    return fresh;
  }

  /** Its sequence numbers may be out of step: used again, it could pass new records off as repeats. */
  function abandon(): void {
    void producer?.disconnect().catch(() => undefined);
    producer = undefined;
  }

  async function sendAll(messages: readonly Outgoing[]): Promise<void> {
    for (const request of requestsOf(messages, names)) {
      const current = await connected();
      const answers = await current.sendBatch({ topicMessages: request, acks: -1, compression });
      if (!isAnswered(request, answers)) throw unavailable("Kafka did not answer for every partition of a request.");
    }
  }

  async function sendPatiently(taken: readonly Waiting[]): Promise<void> {
    const messages = taken.flatMap((one) => one.messages);
    const deadline = (taken[0]?.since ?? elapsed()) + PATIENCE_MS;
    for (;;) {
      try {
        await sendAll(messages);
        trouble = undefined;
        return;
      } catch (error) {
        abandon();
        trouble = classifyKafkaError(error);
        if (verdictOf(trouble) !== "retry" || closed || elapsed() + PAUSE_MS > deadline) throw trouble;
        await sleep(PAUSE_MS);
      }
    }
  }

  function takeSome(): Waiting[] {
    const taken: Waiting[] = [];
    for (let bytes = 0; queue.length > 0 && bytes < TOGETHER_BYTES; ) {
      const next = queue.shift() as Waiting;
      bytes += next.bytes;
      taken.push(next);
    }
    return taken;
  }

  async function run(): Promise<void> {
    await undefined;
    while (queue.length > 0) {
      const taken = takeSome();
      const settle = await sendPatiently(taken).then(
        () => (one: Waiting) => one.resolve(),
        (error: unknown) => (one: Waiting) => one.reject(error),
      );
      for (const one of taken) {
        waitingBytes -= one.bytes;
        settle(one);
      }
    }
    running = undefined;
  }

  return {
    append(messages) {
      if (messages.length === 0) return Promise.resolve();
      const bytes = messages.reduce((sum, { key, value }) => sum + key.length + (value?.length ?? 0), 0);
      if (waitingBytes > 0 && waitingBytes + bytes > WAITING_BYTES) return Promise.reject(busy());
      waitingBytes += bytes;
      return new Promise((resolve, reject) => {
        queue.push({ messages, bytes, since: elapsed(), resolve, reject });
        running ??= run();
      });
    },
    get trouble() {
      return trouble;
    },
    async close() {
      closed = true;
      await running;
      await producer?.disconnect().catch(() => undefined);
    },
  };
}

function busy(): WatchkeeperError {
  return new WatchkeeperError("Kafka does not keep up with what is appended", {
    code: "log_busy",
    verdict: "retry",
    retryAfterMs: 1000,
  });
}
