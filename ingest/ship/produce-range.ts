/** The inlet topic as destination: batches of lines, each again and again until the brokers have acknowledged it. */
import { pino } from "pino";
import { messageOf, WatchkeeperError } from "../../schemas/errors.ts";
import { TOPICS } from "../../schemas/topics.ts";
import { connectKafka } from "../kafka/client.ts";
import { bestCompression } from "../kafka/codecs.ts";
import type { KafkaConnection } from "../kafka/connection.ts";
import { createInletProducer, INLET_RETRY, type InletLine, inletBatches } from "../kafka/inlet-producer.ts";
import { type Destination, type DestinationContext, pauseAfter } from "./destination.ts";
import { inletLines } from "./inlet-lines.ts";

/** A line is cut no shorter than this. */
const SHORTEST_CUT = 512;
/** A try takes its time by itself, and a broker is back within seconds. */
const LONGEST_PAUSE_MS = 5_000;

export interface ProduceOptions extends DestinationContext {
  readonly connection: KafkaConnection;
}

/** Rejects with `kafka_auth_failed`, `kafka_not_authorized` and whatever else no further try can mend. */
export function createProduceRange(options: ProduceOptions): Destination {
  const { connection, signal, cutOff, sleep, waiting } = options;
  // What the client logs while it tries again is said in our words, once.
  const logger = pino({ level: "silent" });
  const program = "watchkeeper-ship";
  const producer = createInletProducer({
    ...{
      kafka: connectKafka({ connection, clientId: program, logger, retry: INLET_RETRY }),
      compression: bestCompression(),
    },
    ...{ program, backfill: options.backfill },
  });
  const oneAtATime = createTurns();

  /** Lines that had to be cut; undefined when shipping was stopped. */
  const bringBatch = async (lines: readonly InletLine[]): Promise<number | undefined> => {
    for (let failures = 0; ; failures += 1) {
      const failure = await oneAtATime(() => unlessCut(() => producer.send(lines), cutOff));
      if (failure === undefined) return 0;
      if (failure === "cut off") return undefined;
      if (failure.code === "record_too_large") return bringLess(lines, failure);
      if (!passes(failure)) throw failure;
      if (signal.aborted) return undefined;
      const pause = Math.min(pauseAfter(failures), LONGEST_PAUSE_MS);
      waiting(reasonOf(failure), pause);
      await sleep(pause, signal);
      if (signal.aborted) return undefined;
    }
  };
  const bringLess = async (lines: readonly InletLine[], failure: WatchkeeperError): Promise<number | undefined> => {
    const [first] = lines;
    if (lines.length > 1) {
      const middle = lines.length >> 1;
      const before = await bringBatch(lines.slice(0, middle));
      const after = before === undefined ? undefined : await bringBatch(lines.slice(middle));
      return before === undefined || after === undefined ? undefined : before + after;
    }
    const bytes = first?.bytes.subarray(0, first.bytes.length >> 1);
    if (first === undefined || bytes === undefined || bytes.length < SHORTEST_CUT) throw failure;
    const cut = await bringBatch([{ ...first, bytes }]);
    return cut === undefined ? undefined : 1;
  };

  return {
    async bring(range) {
      let [accepted, cut] = [0, 0];
      for (const batch of inletBatches(inletLines(range))) {
        const cutLines = await bringBatch(batch);
        if (cutLines === undefined) return { kind: "stopped" };
        accepted += batch.length;
        cut += cutLines;
      }
      return { kind: "answered", accepted, rejected: 0, cut };
    },
    close: () => producer.close(),
  };
}

/** Passes by itself, or by somebody who starts or mends what is missing. */
function passes({ verdict, code }: WatchkeeperError): boolean {
  return verdict === "retry" || code === "kafka_topic_missing";
}

function reasonOf({ code, message }: WatchkeeperError): string {
  if (code !== "kafka_topic_missing") return message.replace(/\.$/, "");
  return `Kafka has no topic ${TOPICS.events}, which \`watchkeeper up\` creates`;
}

/** How the send failed, if it did. What is cut off goes on unseen until the producer is closed. */
function unlessCut(send: () => Promise<void>, cutOff: AbortSignal): Promise<WatchkeeperError | "cut off" | undefined> {
  if (cutOff.aborted) return Promise.resolve("cut off");
  return new Promise((resolve) => {
    const cut = () => resolve("cut off");
    const end = (failure?: WatchkeeperError) => {
      cutOff.removeEventListener("abort", cut);
      resolve(failure);
    };
    cutOff.addEventListener("abort", cut, { once: true });
    send().then(
      () => end(),
      (error: unknown) => end(error instanceof WatchkeeperError ? error : unknown(error)),
    );
  });
}

function unknown(cause: unknown): WatchkeeperError {
  return new WatchkeeperError(messageOf(cause), { code: "kafka_failed", cause });
}

/** All files share one producer, and a producer sends one batch at a time: that keeps its sequence numbers in step. */
function createTurns(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work);
    last = mine.catch(() => undefined);
    return mine;
  };
}
